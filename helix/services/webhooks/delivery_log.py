"""The log of a webhook's deliveries: what was sent and what waits, replaying it, and sending a test."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import defer

from helix import clock, live, queue
from helix.clock import iso
from helix.db.locking import lock
from helix.db.transaction import end_reading, transaction
from helix.errors import Conflict, Unavailable
from helix.extensions import db
from helix.models import Webhook, WebhookDelivery
from helix.models.events import TEST_EVENT
from helix.models.vocabulary import WebhookStatus
from helix.policies.actor import Actor
from helix.services.activity.outbox import JOB
from helix.services.paging import Page, PageRequest, newest_first
from helix.services.required_rows import get_required, required
from helix.services.webhooks.channel import WEBHOOKS
from helix.services.webhooks.lookup import get, locked, require_admin, serialize
from helix.services.webhooks.payload import compose_test
from helix.services.webhooks.transport import sent_headers

TEST_JOB = "helix.jobs.webhooks.deliver"
SWITCH_ON = "This webhook is switched off. Switch it on first."


@dataclass(frozen=True)
class DeliveryFilter:
    status: WebhookStatus | None = None
    event: str | None = None


def list_deliveries(actor: Actor, webhook_id: int, wanted: DeliveryFilter, page: PageRequest) -> Page[WebhookDelivery]:
    """Newest first, without their long texts."""
    get(actor, webhook_id)
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if wanted.status is not None:
        query = query.where(WebhookDelivery.status == wanted.status)
    if wanted.event is not None:
        query = query.where(WebhookDelivery.event == wanted.event)
    short = [defer(WebhookDelivery.body), defer(WebhookDelivery.response_body)]
    return newest_first(query, WebhookDelivery.id, page, with_neighbours=lambda query: query.options(*short))


def get_delivery(actor: Actor, delivery_id: int) -> WebhookDelivery:
    require_admin(actor)
    return get_required(WebhookDelivery, delivery_id, "delivery")


def test_delivery(actor: Actor, webhook_id: int) -> WebhookDelivery:
    """Have a worker send a test event, even while the webhook is off, and wait for the outcome.

    It is attempted once, and a failure does not count against the webhook. Raises Unavailable when no worker answers.
    """
    webhook = get(actor, webhook_id)
    body = compose_test(serialize(webhook), iso(clock.now()))
    now = clock.now()
    with transaction():
        # The worker of the job sends it; the scheduler only if that worker dies.
        test = WebhookDelivery(
            webhook_id=webhook_id,
            event=TEST_EVENT,
            body=body,
            status=WebhookStatus.WAITING,
            attempts=0,
            next_at=now + WEBHOOKS.lease,
            created_at=now,
        )
        db.session.add(test)
    end_reading()
    try:
        queue.ask(TEST_JOB, test.id, seconds=20)
    except Unavailable:
        _discard_test(test.id)
        raise
    end_reading()
    return get_delivery(actor, test.id)


def replay(actor: Actor, delivery_id: int) -> WebhookDelivery:
    """Send it once more, now: the same bytes under the same id. Its attempts count from zero."""
    webhook_id = get_delivery(actor, delivery_id).webhook_id
    with transaction() as after_commit:
        _lock_for_replay(webhook_id, after_commit)
        delivery = required(lock(WebhookDelivery, delivery_id), "delivery")
        if delivery.status == WebhookStatus.WAITING and delivery.attempts == 0:
            return delivery
        for name, value in _due_now().items():
            setattr(delivery, name, value)
    return delivery


def replay_failed(actor: Actor, webhook_id: int, *, since: datetime) -> int:
    """Send every delivery since then that failed for good once more. Returns how many."""
    get(actor, webhook_id)
    with transaction() as after_commit:
        _lock_for_replay(webhook_id, after_commit)
        failed = (
            update(WebhookDelivery)
            .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.status == WebhookStatus.FAILED)
            .where(WebhookDelivery.created_at >= since)
        )
        statement = failed.values(**_due_now()).returning(WebhookDelivery.id)
        return len(db.session.scalars(statement.execution_options(synchronize_session=False)).all())


def _due_now() -> dict[str, Any]:
    return {"status": WebhookStatus.WAITING, "attempts": 0, "next_at": clock.now()}


def _lock_for_replay(webhook_id: int, after_commit: Any) -> Webhook:
    """The locked webhook, no longer paused: an admin says that it works now."""
    webhook = locked(webhook_id)
    if not webhook.is_active:
        raise Conflict(SWITCH_ON)
    webhook.rests_until = None
    after_commit(queue.enqueue_once, JOB)
    after_commit(live.publish, "webhook", webhook_id)
    return webhook


def _discard_test(delivery_id: int) -> None:
    """Delete a test that no worker has sent: arriving later, it would only confuse."""
    with transaction():
        delivery = lock(WebhookDelivery, delivery_id)
        if delivery is not None and delivery.attempts == 0:
            db.session.delete(delivery)


def serialize_delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    """The API representation of a line of the log."""
    waits = delivery.status == WebhookStatus.WAITING
    return {
        "id": delivery.id,
        "webhook_id": delivery.webhook_id,
        "message_id": delivery.message_id,
        "event": delivery.event,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "response_status": delivery.response_status,
        "duration_ms": delivery.duration_ms,
        "error": delivery.error,
        "attempted_at": iso(delivery.attempted_at),
        "next_attempt_at": iso(delivery.next_at) if waits else None,
        "created_at": iso(delivery.created_at),
    }


def serialize_delivery_in_full(delivery: WebhookDelivery) -> dict[str, Any]:
    """With request and response; null before the first attempt. The signature is never shown."""
    return {
        **serialize_delivery(delivery),
        "request_headers": _headers(delivery) if delivery.attempted_at else None,
        "request_body": json.loads(delivery.body) if delivery.body else None,
        "response_body": delivery.response_body,
    }


def _headers(delivery: WebhookDelivery) -> dict[str, str]:
    at = int(delivery.attempted_at.timestamp()) if delivery.attempted_at else 0
    return {
        **sent_headers(),
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": "v1,…",
    }
