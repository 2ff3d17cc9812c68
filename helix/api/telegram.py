"""Linking, testing, and the door at which Telegram itself knocks."""

from typing import Any

from flask import request

from helix.api.blueprint import actor, no_content, public_section, section
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

me_door = section("my_telegram", "Telegram", "/api/auth/me", remembers=False)
org_door = section("org_telegram", "Telegram", "/api/org/telegram", remembers=False)
webhook_door = public_section("telegram_webhook", "Telegram", "/telegram/webhook")
DOORS = (me_door, org_door, webhook_door)


@me_door.post("/telegram-link", responses={200: TelegramLinkOut})
def new_link() -> Any:
    """A one-time address that links your Telegram account. The one before it is void."""
    link = telegram.new_link(actor())
    return {"url": link.url, "expires_at": iso(link.expires_at)}


@me_door.delete("/telegram-link", responses={204: None})
def unlink() -> Any:
    """Unlink your Telegram account. Safe to repeat."""
    telegram.unlink(actor())
    return no_content()


@me_door.post("/telegram-test", responses={200: TelegramTestOut})
def send_test() -> Any:
    """Send a test message to your own Telegram account."""
    return telegram.send_test(actor())


@org_door.post("/test", responses={200: BotTestOut})
def test_bot() -> Any:
    """Ask Telegram whether the bot token is right, and keep the bot's name (admin)."""
    return telegram.test_bot(actor())


@org_door.put("/webhook", responses={200: TelegramWebhookOut})
def switch_webhook(body: TelegramWebhookIn) -> Any:
    """Choose how updates come: brought to us by Telegram, or asked for by the scheduler (admin)."""
    telegram.switch_webhook(actor(), on=body.enabled)
    return {"enabled": body.enabled}


@webhook_door.post("/<secret>", responses={204: None})
def receive(path: TelegramWebhookPath) -> Any:
    """Where Telegram brings updates. They are put in the queue; while that or the database is away, it brings them
    again."""
    if not telegram.fits(path.secret, request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")):
        return "", 404
    update = request.get_json(silent=True)
    if not isinstance(update, dict):
        return "", 400
    return "", 204 if telegram.take(update) else 503
