"""Testing the bot and sending oneself a message: at once and with a short timeout, since a person waits for it."""

from typing import Any

from helix import clock
from helix.db.locking import lock_one
from helix.db.transaction import end_reading, transaction
from helix.errors import Conflict, Forbidden, HelixError
from helix.models import Organization
from helix.policies import administration as policy
from helix.policies.actor import Actor
from helix.services import accounts, settings
from helix.services.telegram import client, texts
from helix.telegram import Blocked, TelegramError

TIMEOUT_SECONDS = 5.0
NO_TOKEN = "There is no bot token yet. Get one from @BotFather in Telegram and save it first."  # noqa: S105
START_FIRST = "The bot may not write to you. Open it in Telegram, press Start, and try again."


def test_bot(actor: Actor) -> dict[str, Any]:
    """`{"success", "message", "bot_username"}`; the bot's name is stored for links."""
    if not policy.may_administer(actor):
        raise Forbidden("Only admins test the Telegram bot.")
    organization = settings.organization()
    if organization.telegram_bot_token_encrypted is None:
        raise Conflict(NO_TOKEN)
    tested_token = organization.telegram_bot_token_encrypted
    try:
        bot = client.bot(seconds=TIMEOUT_SECONDS)
        end_reading()
        with bot:
            me = bot.get_me()
    except (TelegramError, HelixError) as error:
        return {"success": False, "message": str(error), "bot_username": None}
    with transaction():
        row = lock_one(Organization, 1)
        # Another token may have been saved meanwhile.
        if row.telegram_bot_token_encrypted == tested_token:
            row.telegram_bot_username = me.username
    return {"success": True, "message": f"The bot @{me.username} answers.", "bot_username": me.username}


def send_test(actor: Actor) -> dict[str, Any]:
    """`{"success", "message"}` of a message to the actor's own Telegram account."""
    organization = settings.organization()
    if not client.is_enabled(organization):
        raise Conflict("Telegram is not switched on here. An admin does that in the settings.")
    chat = accounts.me(actor).telegram_user_id
    if not chat:
        raise Conflict("Link your Telegram account first.")
    text = texts.notification_text("It works", f"You get notifications from {organization.name} here.", client.url("/"))
    try:
        bot = client.bot(seconds=TIMEOUT_SECONDS)
        end_reading()
        with bot:
            bot.send_message(chat, text)
    except Blocked:
        return {"success": False, "message": START_FIRST}
    except (TelegramError, HelixError) as error:
        return {"success": False, "message": str(error)}
    return {"success": True, "message": f"Sent at {clock.now():%H:%M} UTC. Check your Telegram."}
