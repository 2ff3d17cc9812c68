"""What the organization has decided for everyone: its name, zone, limits of runs. For admins."""

from typing import Any

from flask import redirect
from flask.typing import ResponseReturnValue

from helix.models.vocabulary import BoardLevel
from helix.policies import office
from helix.schemas.settings import SettingsPatch
from helix.schemas.zones import zone_names
from helix.services import settings
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
