"""Monthly budgets of the organization and of each agent. Admins only."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.models import Agent, Organization
from helix.schemas.agent import AgentPatch
from helix.schemas.settings import SettingsPatch
from helix.services import agents, budgets, settings
from helix.services.conflicts import StaleEdit
from helix.web import edit_conflicts, forms
from helix.web.admins import require_admin
from helix.web.blueprint import actor, signed_in_blueprint
from helix.web.settings.tabs import render_tab, tab_response

blueprint = signed_in_blueprint("settings_budgets")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
MESSAGES = {"monthly_budget_usd": "Enter an amount in dollars, such as 50, or leave it empty for no limit."}
EVERYONE = "organization"


@blueprint.get("/settings/budgets")
def show() -> ResponseReturnValue:
    return render_tab("budgets", _budgets())


@blueprint.post("/settings/budgets/organization")
def limit_organization() -> ResponseReturnValue:
    typed = forms.posted_fields("monthly_budget_usd")
    try:
        sent = SettingsPatch.model_validate(_changed(typed, settings.organization()))
        settings.edit(actor(), sent.changes(), is_unchanged=edit_conflicts.if_unmodified(_present))
    except StaleEdit:
        return _conflict(EVERYONE, typed)
    except forms.FORM_ERRORS as error:
        return _refused(error, EVERYONE, typed)
    return tab_response("budgets", _budgets(), "The organization's limit is set.")


@blueprint.post("/settings/budgets/<int:agent_id>")
def limit_agent(agent_id: int) -> ResponseReturnValue:
    typed = forms.posted_fields("monthly_budget_usd")
    try:
        sent = AgentPatch.model_validate(_changed(typed, agents.get(agent_id)))
        agent = agents.edit(actor(), agent_id, sent.sent(), is_unchanged=edit_conflicts.if_unmodified(_present))
    except StaleEdit:
        return _conflict(str(agent_id), typed)
    except forms.FORM_ERRORS as error:
        return _refused(error, str(agent_id), typed)
    return tab_response("budgets", _budgets(), f"{agent.name}'s limit is set.")


@blueprint.post("/settings/budgets/organization/lift")
def lift_organization() -> ResponseReturnValue:
    budgets.lift_organization(actor())
    return tab_response("budgets", _budgets(), "Agents can continue until the end of the month.")


@blueprint.post("/settings/budgets/<int:agent_id>/lift")
def lift_agent(agent_id: int) -> ResponseReturnValue:
    agent = agents.lift_budget(actor(), agent_id)
    return tab_response("budgets", _budgets(), f"{agent.name} can continue until the end of the month.")


def _conflict(row: str, typed: dict[str, str]) -> ResponseReturnValue:
    """Another user changed this limit in the meantime: show the current value and keep what was typed."""
    context = _budgets()
    now, context["typed"][row] = context["typed"][row], typed["monthly_budget_usd"]
    message = (
        f"Someone else set it to ${now} in the meantime." if now else "Someone else removed the limit in the meantime."
    )
    return render_tab("budgets", context | {"problems": {row: f"{message} Save again to overwrite it."}}, status=422)


def _refused(error: Any, row: str, typed: dict[str, str]) -> ResponseReturnValue:
    words = forms.error_messages(error, words=MESSAGES, otherwise="monthly_budget_usd")
    message = words.get("monthly_budget_usd") or " ".join(words.values())
    context = _budgets()
    context["typed"][row] = typed["monthly_budget_usd"]
    context["seen"][row] = request.form.get(edit_conflicts.FIELD, "")
    return render_tab("budgets", context | {"problems": {row: message}}, status=422)


def _budgets() -> dict[str, Any]:
    found = budgets.overview(actor())
    typed = {str(row.agent_id or EVERYONE): forms.money_value(row.limit_usd) for row in found}
    return {
        "rows": found,
        "given": sum((row.limit_usd or 0) for row in found[1:]),
        "typed": typed,
        "seen": {row: edit_conflicts.fingerprint({"monthly_budget_usd": limit}) for row, limit in typed.items()},
    }


def _changed(typed: dict[str, str], payer: Organization | Agent) -> dict[str, Any]:
    return forms.empty_to_none(forms.changed_fields(typed, _present(payer)), nullable=tuple(typed))


def _present(payer: Organization | Agent) -> dict[str, str]:
    return {"monthly_budget_usd": forms.money_value(payer.monthly_budget_usd)}
