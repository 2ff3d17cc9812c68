"""What the organization has decided for everyone: its name, zone, limits, Telegram bot and budgets. For admins."""

from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from helix.errors import HelixError
from helix.models.vocabulary import BoardLevel
from helix.policies import office
from helix.schemas.agent import AgentPatch
from helix.schemas.settings import SettingsPatch
from helix.schemas.zones import zone_names
from helix.services import agents, budgets, settings, telegram
from helix.web import filling
from helix.web.admins import admins_only
from helix.web.door import actor, section
from helix.web.settings.tabs import done, tab

start_door = section("settings_start")
door = section("settings")
door.before_request(admins_only)
DOORS = (start_door, door)

PLAIN = (
    "name",
    "timezone",
    "default_board_level",
    "public_url",
    "run_timeout_seconds",
    "max_run_attempts",
    "retention_days",
    "unknown_price_per_million_usd",
)
NULLABLE = ("public_url", "retention_days")
WORDS = {
    "name": "Give it a name of 1 to 120 letters.",
    "public_url": "Write an address such as https://helix.company.com, or nothing.",
    "run_timeout_seconds": "Give whole seconds, from 10 to 86400.",
    "max_run_attempts": "Give a whole number from 1 to 10.",
    "retention_days": "Give whole days from 1 on, or nothing to keep them for ever.",
    "unknown_price_per_million_usd": "Give an amount in dollars, such as 30.",
    "monthly_budget_usd": "Give an amount in dollars, such as 50, or nothing for no limit.",
    "telegram_bot_token": "This does not look like a token of @BotFather.",
}
LEVELS = [
    ("none", "Nothing: boards are opened to them one by one"),
    ("view", "See it"),
    ("create", "See it and work on their own tasks"),
    ("manage", "Manage every task on it"),
]


@start_door.get("/settings")
def show() -> ResponseReturnValue:
    if not office.may_administer(actor()):
        return redirect("/profile")
    return tab("organization", _organization())


@door.post("/settings")
def edit() -> ResponseReturnValue:
    typed = filling.typed(*PLAIN)
    try:
        sent = SettingsPatch.model_validate(filling.values(typed, nullable=NULLABLE)).changes()
        settings.edit(actor(), sent | {"default_board_level": BoardLevel.of(sent["default_board_level"])})
    except filling.REFUSALS as error:
        problems = filling.problems(error, words=WORDS, otherwise="name")
        return tab("organization", _organization() | {"typed": typed, "problems": problems}, status=422)
    return done("organization", _organization(), "Saved.")


def _organization() -> dict[str, Any]:
    shown = settings.shown(settings.organization())
    typed = {name: "" if shown[name] is None else str(shown[name]) for name in PLAIN}
    typed["unknown_price_per_million_usd"] = filling.money(shown["unknown_price_per_million_usd"])
    return {"typed": typed, "zones": [(name, name) for name in sorted(zone_names())], "levels": LEVELS}


@door.get("/settings/telegram")
def show_telegram() -> ResponseReturnValue:
    return tab("telegram", _bot())


@door.post("/settings/telegram")
def edit_telegram() -> ResponseReturnValue:
    """The token is kept sealed and never comes back; left empty it stays as it is."""
    wanted: dict[str, Any] = {
        "telegram_bot_token": None
        if request.form.get("remove")
        else request.form.get("telegram_bot_token", "").strip(),
        "telegram_enabled": request.form.get("telegram_enabled") == "1",
    }
    try:
        settings.edit(actor(), SettingsPatch.model_validate(wanted).changes())
    except filling.REFUSALS as error:
        problems = filling.problems(error, words=WORDS, otherwise="telegram_bot_token")
        return tab("telegram", _bot() | {"problems": problems}, status=422)
    return done("telegram", _bot(), "Saved.")


@door.post("/settings/telegram/test")
def test_telegram() -> ResponseReturnValue:
    try:
        found = telegram.test_bot(actor())
    except HelixError as error:
        return done("telegram", _bot(), error.message, "warn")
    return done("telegram", _bot(), found["message"], "ok" if found["success"] else "danger")


@door.post("/settings/telegram/webhook")
def switch_webhook() -> ResponseReturnValue:
    on = request.form.get("enabled") == "1"
    try:
        telegram.switch_webhook(actor(), on=on)
    except HelixError as error:
        return done("telegram", _bot(), error.message, "warn")
    return done("telegram", _bot(), "Telegram brings updates now." if on else "Updates are asked for now.")


def _bot() -> dict[str, Any]:
    organization = settings.organization()
    return {
        "bot": settings.shown(organization),
        "webhook": organization.telegram_webhook,
        "address": settings.address(),
    }


@door.get("/settings/budgets")
def show_budgets() -> ResponseReturnValue:
    return tab("budgets", _budgets())


@door.post("/settings/budgets/organization")
def limit_organization() -> ResponseReturnValue:
    typed = filling.typed("monthly_budget_usd")
    try:
        sent = SettingsPatch.model_validate(filling.values(typed, nullable=tuple(typed)))
        settings.edit(actor(), sent.changes())
    except filling.REFUSALS as error:
        return _refused(error, "organization", typed)
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
    context = {"problems": {row: said}, "typed": {row: typed["monthly_budget_usd"]}}
    return tab("budgets", _budgets() | context, status=422)


def _budgets() -> dict[str, Any]:
    found = budgets.overview(actor())
    return {"rows": found, "given": sum((row.limit_usd or 0) for row in found[1:])}
