"""The organization's Telegram bot: its token, a test, and webhook or polling. Admins only."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.bot import webhook
from helix.errors import HelixError
from helix.models import Organization
from helix.schemas.settings import SettingsPatch
from helix.services import settings, telegram
from helix.services.conflicts import StaleEdit
from helix.web import edit_conflicts, forms
from helix.web.admins import require_admin
from helix.web.blueprint import actor, signed_in_blueprint
from helix.web.settings.tabs import render_tab, tab_response

blueprint = signed_in_blueprint("settings_telegram")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
MESSAGES = {"telegram_bot_token": "This does not look like a token from @BotFather."}


@blueprint.get("/settings/telegram")
def show() -> ResponseReturnValue:
    return render_tab("telegram", _bot())


@blueprint.post("/settings/telegram")
def edit() -> ResponseReturnValue:
    """Save the token (encrypted, never shown again) and the switch. An empty field keeps the stored token."""
    values: dict[str, Any] = {
        "telegram_bot_token": None
        if request.form.get("remove")
        else request.form.get("telegram_bot_token", "").strip(),
        "telegram_enabled": request.form.get("telegram_enabled") == "1",
    }
    try:
        settings.edit(
            actor(), SettingsPatch.model_validate(values).changes(), is_unchanged=edit_conflicts.if_unmodified(_present)
        )
    except StaleEdit:
        message = (
            "Someone else changed the bot in the meantime. Check its settings, then enter the token again and save."
        )
        return render_tab("telegram", _bot() | {"problems": {"telegram_bot_token": message}}, status=422)
    except forms.FORM_ERRORS as error:
        problems = forms.error_messages(error, words=MESSAGES, otherwise="telegram_bot_token")
        return render_tab(
            "telegram", _bot() | {"problems": problems, "seen": request.form.get(edit_conflicts.FIELD)}, status=422
        )
    return tab_response("telegram", _bot(), "Saved.")


@blueprint.post("/settings/telegram/test")
def test() -> ResponseReturnValue:
    try:
        found = telegram.test_bot(actor())
    except HelixError as error:
        return tab_response("telegram", _bot(), error.message, "warn")
    return tab_response("telegram", _bot(), found["message"], "ok" if found["success"] else "danger")


@blueprint.post("/settings/telegram/webhook")
def switch_webhook() -> ResponseReturnValue:
    on = request.form.get("enabled") == "1"
    try:
        webhook.switch_webhook(actor(), on=on)
    except HelixError as error:
        return tab_response("telegram", _bot(), error.message, "warn")
    return tab_response(
        "telegram", _bot(), "Telegram now delivers updates by webhook." if on else "Updates are now fetched by polling."
    )


def _bot() -> dict[str, Any]:
    organization = settings.organization()
    return {
        "bot": settings.serialize(organization),
        "webhook": organization.telegram_webhook,
        "address": settings.base_url(),
        "seen": edit_conflicts.fingerprint(_present(organization)),
        "conflict": None,
    }


def _present(organization: Organization) -> dict[str, Any]:
    """The values for the fingerprint. A new token changes its encrypted text."""
    return {"token": organization.telegram_bot_token_encrypted, "enabled": organization.telegram_enabled}
