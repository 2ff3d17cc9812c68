from helix import queue
from helix.db.transaction import end_reading
from helix.services import telegram, webhooks
from helix.services.activity import outbox
from helix.services.telegram import sending

JOB = "helix.jobs.telegram.deliver_due"


def send_what_is_due() -> None:
    """Messages whose time has come are given to a quick worker. Without one, a few at a time are sent from here."""
    waiting = sending.due(1)
    end_reading()
    if not waiting:
        return
    if queue.presence().quick and queue.enqueue(JOB):
        return
    # Little patience: the sweeper waits for this, and its lease runs.
    telegram.deliver_due(limit=10, seconds=5, patience=3)


def send_webhooks() -> None:
    """Likewise what webhooks are to be told: what waited for its next attempt, or for a queue that was away."""
    outbox.catch_up()
    waiting = webhooks.is_due()
    end_reading()
    if not waiting:
        return
    if queue.presence().quick and queue.enqueue_once(outbox.JOB):
        return
    webhooks.deliver_due(seconds=3, patience=3)
