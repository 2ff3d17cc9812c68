"""Webhooks' jobs in the quick queue. Each may come twice, or not at all: the rows are the truth."""

from helix import queue
from helix.db.transaction import end_reading
from helix.jobs.context import in_app
from helix.services import webhooks
from helix.services.activity.outbox import JOB


@in_app
def deliver_due() -> int:
    """Send what is due, for some seconds; what is left is another job, so that others have their turn between."""
    queue.begun(JOB)
    sent = webhooks.deliver_due()
    if webhooks.is_due():
        end_reading()
        queue.enqueue_once(JOB)
    return sent


@in_app
def deliver(delivery_id: int) -> bool:
    """Send this one."""
    return webhooks.deliver(delivery_id)
