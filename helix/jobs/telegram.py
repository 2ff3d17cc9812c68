"""Telegram jobs of the quick queue. A job may run twice or be lost: the database rows decide what is sent."""

from typing import Any

from sqlalchemy.exc import OperationalError

from helix import queue
from helix.bot import updates
from helix.jobs.context import in_app
from helix.services import telegram
from helix.services.runs.retry_on_db_loss import retry_on_db_loss
from helix.services.telegram import client
from helix.telegram import read_update


@in_app
def deliver(delivery_id: int) -> bool:
    """Send one message."""
    return telegram.deliver(delivery_id)


@in_app
def deliver_due() -> int:
    """Send the messages that are due, for at most half a minute."""
    return telegram.deliver_due(seconds=30)


@in_app
def handle(raw: dict[str, Any]) -> None:
    """Handle an update from the webhook. If the database is not reachable, the update goes back into the queue, because
    Telegram got a success response and will not send it again."""
    try:
        retry_on_db_loss(_handle, raw)
    except OperationalError:
        queue.enqueue("helix.jobs.telegram.handle", raw)
        raise


def _handle(raw: dict[str, Any]) -> None:
    update = read_update(raw)
    if update is None:
        return
    with client.bot() as bot:
        updates.handle(bot, update)
