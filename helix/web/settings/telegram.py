"""The Telegram bot of the organization: its token, a test, and how answers come in. For admins."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import HelixError
from helix.models import Organization
from helix.schemas.settings import SettingsPatch
from helix.services import settings, telegram
from helix.services.conflicts import StaleEdit
from helix.web import form_values, stale
from helix.web.admins import admins_only
from helix.web.blueprint import actor, signed_in_blueprint
from helix.web.settings.tabs import done, tab

blueprint = signed_in_blueprint("settings_telegram")
blueprint.before_request(admins_only)
BLUEPRINTS = (blueprint,)
WORDS = {"telegram_bot_token": "This does not look like a token of @BotFather."}


@blueprint.get("/settings/telegram")
def show() -> ResponseReturnValue:
    return tab("telegram", _bot())


@blueprint.post("/settings/telegram")
def edit() -> ResponseReturnValue:
    """The token is kept sealed and never comes back; left empty it stays as it is."""
    wanted: dict[str, Any] = {
        "telegram_bot_token": None
        if request.form.get("remove")
        else request.form.get("telegram_bot_token", "").strip(),
        "telegram_enabled": request.form.get("telegram_enabled") == "1",
    }
    try:
        settings.edit(actor(), SettingsPatch.model_validate(wanted).changes(), is_unchanged=stale.still(_present))
    except StaleEdit:
        said = "Somebody else changed the bot meanwhile. Look at what it says now; then type the token again and save."
        return tab("telegram", _bot() | {"problems": {"telegram_bot_token": said}}, status=422)
    except form_values.REFUSALS as error:
        problems = form_values.problems(error, words=WORDS, otherwise="telegram_bot_token")
        return tab("telegram", _bot() | {"problems": problems, "seen": request.form.get(stale.FIELD)}, status=422)
    return done("telegram", _bot(), "Saved.")


@blueprint.post("/settings/telegram/test")
def test() -> ResponseReturnValue:
    try:
        found = telegram.test_bot(actor())
    except HelixError as error:
        return done("telegram", _bot(), error.message, "warn")
    return done("telegram", _bot(), found["message"], "ok" if found["success"] else "danger")


@blueprint.post("/settings/telegram/webhook")
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
        "bot": settings.serialize(organization),
        "webhook": organization.telegram_webhook,
        "address": settings.base_url(),
        "seen": stale.mark(_present(organization)),
        "meanwhile": None,
    }


def _present(organization: Organization) -> dict[str, Any]:
    """Another token is another sealed text; the mark is a digest of both."""
    return {"token": organization.telegram_bot_token_encrypted, "enabled": organization.telegram_enabled}
