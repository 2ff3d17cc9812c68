"""Deliveries that wait although no job in the queue says so: retries that are due, and what was left in the middle."""

from typing import Any

from helix import queue
from helix.db.transaction import end_reading
from helix.services.activity import outbox
from helix.services.deliveries import Channel
from helix.services.telegram import TELEGRAM
from helix.services.webhooks import WEBHOOKS

# The sweeper waits for what it sends itself, and its lease runs meanwhile.
TIMEOUT_SECONDS = 3


def send_telegram() -> None:
    _send_due(TELEGRAM, seconds=5)


def send_webhooks() -> None:
    outbox.catch_up()
    _send_due(WEBHOOKS, seconds=3)


def _send_due(channel: Channel[Any, Any, Any], *, seconds: float) -> None:
    """Wake a worker of the quick queue. Without one, send for a few seconds from here."""
    is_due = channel.is_due()
    end_reading()
    if not is_due or (queue.presence().quick and channel.wake_worker()):
        return
    channel.deliver_due(seconds=seconds, timeout=TIMEOUT_SECONDS)
