"""Linking, testing, and the door at which Telegram itself knocks."""

from typing import Any

from flask import request

from helix.api.blueprint import actor, no_content, public_blueprint, signed_in_blueprint
from helix.bot import webhook
from helix.clock import iso
from helix.schemas.telegram import (
    BotTestOut,
    TelegramLinkOut,
    TelegramTestOut,
    TelegramWebhookIn,
    TelegramWebhookOut,
    TelegramWebhookPath,
)
from helix.services import telegram

me_blueprint = signed_in_blueprint("my_telegram", "Telegram", "/api/auth/me", remembers=False)
org_blueprint = signed_in_blueprint("org_telegram", "Telegram", "/api/org/telegram", remembers=False)
webhook_blueprint = public_blueprint("telegram_webhook", "Telegram", "/telegram/webhook")
BLUEPRINTS = (me_blueprint, org_blueprint, webhook_blueprint)


@me_blueprint.post("/telegram-link", responses={200: TelegramLinkOut})
def new_link() -> Any:
    """A one-time address that links your Telegram account. The one before it is void."""
    link = telegram.new_link(actor())
    return {"url": link.url, "expires_at": iso(link.expires_at)}


@me_blueprint.delete("/telegram-link", responses={204: None})
def unlink() -> Any:
    """Unlink your Telegram account. Safe to repeat."""
    telegram.unlink(actor())
    return no_content()


@me_blueprint.post("/telegram-test", responses={200: TelegramTestOut})
def send_test() -> Any:
    """Send a test message to your own Telegram account."""
    return telegram.send_test(actor())


@org_blueprint.post("/test", responses={200: BotTestOut})
def test_bot() -> Any:
    """Ask Telegram whether the bot token is right, and keep the bot's name (admin)."""
    return telegram.test_bot(actor())


@org_blueprint.put("/webhook", responses={200: TelegramWebhookOut})
def switch_webhook(body: TelegramWebhookIn) -> Any:
    """Choose how updates come: brought to us by Telegram, or asked for by the scheduler (admin)."""
    webhook.switch_webhook(actor(), on=body.enabled)
    return {"enabled": body.enabled}


@webhook_blueprint.post("/<secret>", responses={204: None})
def receive(path: TelegramWebhookPath) -> Any:
    """Where Telegram brings updates. They are put in the queue; while that or the database is away, it brings them
    again."""
    if not webhook.fits(path.secret, request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")):
        return "", 404
    update = request.get_json(silent=True)
    if not isinstance(update, dict):
        return "", 400
    return "", 204 if webhook.take(update) else 503
