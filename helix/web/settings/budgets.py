"""How much may be spent in a month, by everyone together and by each agent. For admins."""

from typing import Any

from flask.typing import ResponseReturnValue

from helix.schemas.agent import AgentPatch
from helix.schemas.settings import SettingsPatch
from helix.services import agents, budgets, settings
from helix.web import filling
from helix.web.admins import admins_only
from helix.web.door import actor, section
from helix.web.settings.tabs import done, tab

door = section("settings_budgets")
door.before_request(admins_only)
DOORS = (door,)
WORDS = {"monthly_budget_usd": "Give an amount in dollars, such as 50, or nothing for no limit."}
EVERYONE = "organization"


@door.get("/settings/budgets")
def show() -> ResponseReturnValue:
    return tab("budgets", _budgets())


@door.post("/settings/budgets/organization")
def limit_organization() -> ResponseReturnValue:
    typed = filling.typed("monthly_budget_usd")
    try:
        sent = SettingsPatch.model_validate(filling.values(typed, nullable=tuple(typed)))
        settings.edit(actor(), sent.changes())
    except filling.REFUSALS as error:
        return _refused(error, EVERYONE, typed)
    return done("budgets", _budgets(), "The organization's limit is set.")


@door.post("/settings/budgets/<int:agent_id>")
def limit_agent(agent_id: int) -> ResponseReturnValue:
    typed = filling.typed("monthly_budget_usd")
    try:
        sent = AgentPatch.model_validate(filling.values(typed, nullable=tuple(typed)))
        agent = agents.edit(actor(), agent_id, sent.sent())
    except filling.REFUSALS as error:
        return _refused(error, str(agent_id), typed)
    return done("budgets", _budgets(), f"{agent.name}'s limit is set.")


@door.post("/settings/budgets/organization/lift")
def lift_organization() -> ResponseReturnValue:
    budgets.lift_organization(actor())
    return done("budgets", _budgets(), "Agents go on until the end of the month.")


@door.post("/settings/budgets/<int:agent_id>/lift")
def lift_agent(agent_id: int) -> ResponseReturnValue:
    agent = agents.lift_budget(actor(), agent_id)
    return done("budgets", _budgets(), f"{agent.name} goes on until the end of the month.")


def _refused(error: Any, row: str, typed: dict[str, str]) -> ResponseReturnValue:
    words = filling.problems(error, words=WORDS, otherwise="monthly_budget_usd")
    said = words.get("monthly_budget_usd") or " ".join(words.values())
    context = _budgets()
    context["typed"][row] = typed["monthly_budget_usd"]
    return tab("budgets", context | {"problems": {row: said}}, status=422)


def _budgets() -> dict[str, Any]:
    found = budgets.overview(actor())
    return {
        "rows": found,
        "given": sum((row.limit_usd or 0) for row in found[1:]),
        "typed": {str(row.agent_id or EVERYONE): filling.money(row.limit_usd) for row in found},
    }
