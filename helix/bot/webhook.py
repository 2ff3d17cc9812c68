"""Updates by webhook, for installations that Telegram can reach over TLS."""

import hmac
from typing import Any

from sqlalchemy import text

from helix import queue
from helix.crypto.secrets import KeyMissing
from helix.db.locking import lock_one
from helix.db.transaction import end_reading, transaction
from helix.errors import Conflict, Forbidden, Unavailable
from helix.extensions import db
from helix.models import Organization
from helix.policies import administration as policy
from helix.policies.actor import Actor
from helix.services import activity, settings
from helix.services.telegram import client, signing
from helix.telegram import TelegramError

PATH = "/telegram/webhook/"


def switch_webhook(actor: Actor, *, on: bool) -> None:
    """Switch between webhook and polling: first at Telegram, then in the settings."""
    if not policy.may_administer(actor):
        raise Forbidden("Only admins set up the Telegram bot.")
    organization = settings.organization()
    if on and not client.is_enabled(organization):
        raise Conflict("Save the bot token and switch Telegram on first.")
    address = client.url(PATH + path_secret())
    if on and not address.startswith("https://"):
        raise Conflict("Telegram only sends updates to an https address. Set the public URL first.")
    try:
        bot = client.bot(seconds=5)
        end_reading()
        with bot:
            if on:
                bot.set_webhook(address, header_secret())
            else:
                bot.delete_webhook()
    except (TelegramError, KeyMissing) as error:
        if on:
            raise Unavailable(str(error)) from error
        # Switching off must work without the bot. Polling deletes the webhook later.
    with transaction():
        row = lock_one(Organization, 1)
        row.telegram_webhook = on
        activity.record(
            actor, "settings.updated", "settings", 1, row.name, admin_only=True, fields=["telegram_webhook"]
        )


def path_secret() -> str:
    return signing.signature("webhook path").hex()[:40]


def header_secret() -> str:
    """A second secret, since proxies may log the one in the path."""
    return signing.signature("webhook header").hex()


def fits(path: str, header: str) -> bool:
    """Whether a request comes from Telegram. Compares in constant time."""
    right_path = hmac.compare_digest(path.encode("utf-8", "surrogatepass"), path_secret().encode())
    right_header = hmac.compare_digest(header.encode("utf-8", "surrogatepass"), header_secret().encode())
    return right_path and right_header


def take(update: dict[str, Any]) -> bool:
    """Enqueue an update. False, or a database error, when it could not be handled now: Telegram sends an update again
    until it is accepted."""
    db.session.execute(text("SELECT 1"))
    return queue.enqueue("helix.jobs.telegram.handle", update)
