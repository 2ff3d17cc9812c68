"""Webhook jobs of the quick queue. A job may run twice or be lost: the database rows decide what is sent."""

from helix import queue
from helix.db.transaction import end_reading
from helix.jobs.context import in_app
from helix.services import webhooks
from helix.services.activity.outbox import JOB


@in_app
def deliver_due() -> int:
    """Send due deliveries for some seconds. The rest goes into another job, so that other jobs can run in between."""
    queue.mark_begun(JOB)
    sent = webhooks.deliver_due()
    if webhooks.is_due():
        end_reading()
        queue.enqueue_once(JOB)
    return sent


@in_app
def deliver(delivery_id: int) -> bool:
    """Send one delivery."""
    return webhooks.deliver(delivery_id)
