from helix import clock, queue
from helix.clock import iso
from helix.db.transaction import end_reading, transaction
from helix.errors import Unavailable
from helix.extensions import db
from helix.models import WebhookDelivery
from helix.models.events import TEST_EVENT
from helix.models.vocabulary import WebhookStatus
from helix.policies.actor import Actor
from helix.services.webhooks.claim import CLAIM
from helix.services.webhooks.deliveries import delivery
from helix.services.webhooks.lookup import get, shown
from helix.services.webhooks.payload import compose_test

JOB = "helix.jobs.webhooks.deliver"


def test(actor: Actor, webhook_id: int) -> WebhookDelivery:
    """Have a worker send a delivery that tells of nothing, even while the webhook is off, and say how it went.

    It is tried once, and a failure is not held against the webhook. Raises Unavailable when no worker answers.
    """
    webhook = get(actor, webhook_id)
    body = compose_test(shown(webhook), iso(clock.now()))
    now = clock.now()
    with transaction():
        # The worker that is asked takes it; the sweeper only if that one dies.
        made = WebhookDelivery(
            webhook_id=webhook_id,
            event=TEST_EVENT,
            body=body,
            status=WebhookStatus.WAITING,
            attempts=0,
            next_at=now + CLAIM,
            created_at=now,
        )
        db.session.add(made)
    end_reading()
    try:
        queue.ask(JOB, made.id, seconds=20)
    except Unavailable:
        _forget(made.id)
        raise
    end_reading()
    return delivery(actor, made.id)


def _forget(delivery_id: int) -> None:
    """Nobody sent it: a test that comes later, by itself, would only puzzle."""
    with transaction():
        found = db.session.get(WebhookDelivery, delivery_id, with_for_update=True, populate_existing=True)
        if found is not None and found.attempts == 0:
            db.session.delete(found)
