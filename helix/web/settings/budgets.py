"""How much may be spent in a month, by everyone together and by each agent. For admins."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.models import Agent, Organization
from helix.schemas.agent import AgentPatch
from helix.schemas.settings import SettingsPatch
from helix.services import agents, budgets, settings
from helix.services.conflicts import StaleEdit
from helix.web import form_values, stale
from helix.web.admins import admins_only
from helix.web.blueprint import actor, signed_in_blueprint
from helix.web.settings.tabs import done, tab

blueprint = signed_in_blueprint("settings_budgets")
blueprint.before_request(admins_only)
BLUEPRINTS = (blueprint,)
WORDS = {"monthly_budget_usd": "Give an amount in dollars, such as 50, or nothing for no limit."}
EVERYONE = "organization"


@blueprint.get("/settings/budgets")
def show() -> ResponseReturnValue:
    return tab("budgets", _budgets())


@blueprint.post("/settings/budgets/organization")
def limit_organization() -> ResponseReturnValue:
    typed = form_values.typed("monthly_budget_usd")
    try:
        sent = SettingsPatch.model_validate(_changed(typed, settings.organization()))
        settings.edit(actor(), sent.changes(), is_unchanged=stale.still(_present))
    except StaleEdit:
        return _meanwhile(EVERYONE, typed)
    except form_values.REFUSALS as error:
        return _refused(error, EVERYONE, typed)
    return done("budgets", _budgets(), "The organization's limit is set.")


@blueprint.post("/settings/budgets/<int:agent_id>")
def limit_agent(agent_id: int) -> ResponseReturnValue:
    typed = form_values.typed("monthly_budget_usd")
    try:
        sent = AgentPatch.model_validate(_changed(typed, agents.get(agent_id)))
        agent = agents.edit(actor(), agent_id, sent.sent(), is_unchanged=stale.still(_present))
    except StaleEdit:
        return _meanwhile(str(agent_id), typed)
    except form_values.REFUSALS as error:
        return _refused(error, str(agent_id), typed)
    return done("budgets", _budgets(), f"{agent.name}'s limit is set.")


@blueprint.post("/settings/budgets/organization/lift")
def lift_organization() -> ResponseReturnValue:
    budgets.lift_organization(actor())
    return done("budgets", _budgets(), "Agents go on until the end of the month.")


@blueprint.post("/settings/budgets/<int:agent_id>/lift")
def lift_agent(agent_id: int) -> ResponseReturnValue:
    agent = agents.lift_budget(actor(), agent_id)
    return done("budgets", _budgets(), f"{agent.name} goes on until the end of the month.")


def _meanwhile(row: str, typed: dict[str, str]) -> ResponseReturnValue:
    """Somebody else set this limit while the page was open: it says to what, and what was typed stays."""
    context = _budgets()
    now, context["typed"][row] = context["typed"][row], typed["monthly_budget_usd"]
    said = f"Somebody set it to ${now} meanwhile." if now else "Somebody took the limit away meanwhile."
    return tab("budgets", context | {"problems": {row: f"{said} Set it again if yours is to hold."}}, status=422)


def _refused(error: Any, row: str, typed: dict[str, str]) -> ResponseReturnValue:
    words = form_values.problems(error, words=WORDS, otherwise="monthly_budget_usd")
    said = words.get("monthly_budget_usd") or " ".join(words.values())
    context = _budgets()
    context["typed"][row] = typed["monthly_budget_usd"]
    context["seen"][row] = request.form.get(stale.FIELD, "")
    return tab("budgets", context | {"problems": {row: said}}, status=422)


def _budgets() -> dict[str, Any]:
    found = budgets.overview(actor())
    typed = {str(row.agent_id or EVERYONE): form_values.money(row.limit_usd) for row in found}
    return {
        "rows": found,
        "given": sum((row.limit_usd or 0) for row in found[1:]),
        "typed": typed,
        "seen": {row: stale.mark({"monthly_budget_usd": limit}) for row, limit in typed.items()},
    }


def _changed(typed: dict[str, str], payer: Organization | Agent) -> dict[str, Any]:
    return form_values.values(form_values.changed(typed, _present(payer)), nullable=tuple(typed))


def _present(payer: Organization | Agent) -> dict[str, str]:
    return {"monthly_budget_usd": form_values.money(payer.monthly_budget_usd)}
