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
from helix.services.webhooks.lookup import get, locked, require_admin, shown
from helix.services.webhooks.payload import compose_test
from helix.services.webhooks.transport import sent_headers

TEST_JOB = "helix.jobs.webhooks.deliver"
SWITCH_ON = "This webhook is switched off. Switch it on first."


@dataclass(frozen=True)
class DeliveryFilter:
    status: WebhookStatus | None = None
    event: str | None = None


def listed(actor: Actor, webhook_id: int, wanted: DeliveryFilter, page: PageRequest) -> Page[WebhookDelivery]:
    """Newest first, without their long texts."""
    get(actor, webhook_id)
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    if wanted.status is not None:
        query = query.where(WebhookDelivery.status == wanted.status)
    if wanted.event is not None:
        query = query.where(WebhookDelivery.event == wanted.event)
    short = [defer(WebhookDelivery.body), defer(WebhookDelivery.response_body)]
    return newest_first(query, WebhookDelivery.id, page, with_neighbours=lambda query: query.options(*short))


def delivery(actor: Actor, delivery_id: int) -> WebhookDelivery:
    require_admin(actor)
    return get_required(WebhookDelivery, delivery_id, "delivery")


def test_delivery(actor: Actor, webhook_id: int) -> WebhookDelivery:
    """Have a worker send a test event, even while the webhook is off, and wait for the outcome.

    It is attempted once, and a failure does not count against the webhook. Raises Unavailable when no worker answers.
    """
    webhook = get(actor, webhook_id)
    body = compose_test(shown(webhook), iso(clock.now()))
    now = clock.now()
    with transaction():
        # The worker that is asked takes it; the sweeper only if that worker dies.
        made = WebhookDelivery(
            webhook_id=webhook_id,
            event=TEST_EVENT,
            body=body,
            status=WebhookStatus.WAITING,
            attempts=0,
            next_at=now + WEBHOOKS.lease,
            created_at=now,
        )
        db.session.add(made)
    end_reading()
    try:
        queue.ask(TEST_JOB, made.id, seconds=20)
    except Unavailable:
        _discard_test(made.id)
        raise
    end_reading()
    return delivery(actor, made.id)


def replay(actor: Actor, delivery_id: int) -> WebhookDelivery:
    """Send it once more, at once: the same bytes under the same id. Its attempts count from zero."""
    webhook_id = delivery(actor, delivery_id).webhook_id
    with transaction() as after_commit:
        _lock_for_replay(webhook_id, after_commit)
        found = required(lock(WebhookDelivery, delivery_id), "delivery")
        if found.status == WebhookStatus.WAITING and found.attempts == 0:
            return found
        for name, value in _due_now().items():
            setattr(found, name, value)
    return found


def replay_failed(actor: Actor, webhook_id: int, *, since: datetime) -> int:
    """Every delivery that failed for good and tells of what happened since then, once more. How many."""
    get(actor, webhook_id)
    with transaction() as after_commit:
        _lock_for_replay(webhook_id, after_commit)
        failed = (
            update(WebhookDelivery)
            .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.status == WebhookStatus.FAILED)
            .where(WebhookDelivery.created_at >= since)
        )
        again = failed.values(**_due_now()).returning(WebhookDelivery.id)
        return len(db.session.scalars(again.execution_options(synchronize_session=False)).all())


def _due_now() -> dict[str, Any]:
    return {"status": WebhookStatus.WAITING, "attempts": 0, "next_at": clock.now()}


def _lock_for_replay(webhook_id: int, after_commit: Any) -> Webhook:
    """An admin says that it will work now: its rest is over."""
    webhook = locked(webhook_id)
    if not webhook.is_active:
        raise Conflict(SWITCH_ON)
    webhook.rests_until = None
    after_commit(queue.enqueue_once, JOB)
    after_commit(live.publish, "webhook", webhook_id)
    return webhook


def _discard_test(delivery_id: int) -> None:
    """No worker took it: a test that arrives later, on its own, would only puzzle."""
    with transaction():
        found = lock(WebhookDelivery, delivery_id)
        if found is not None and found.attempts == 0:
            db.session.delete(found)


def shown_delivery(found: WebhookDelivery) -> dict[str, Any]:
    """A line of the log, as the contract writes it."""
    waits = found.status == WebhookStatus.WAITING
    return {
        "id": found.id,
        "webhook_id": found.webhook_id,
        "message_id": found.message_id,
        "event": found.event,
        "status": found.status,
        "attempts": found.attempts,
        "response_status": found.response_status,
        "duration_ms": found.duration_ms,
        "error": found.error,
        "attempted_at": iso(found.attempted_at),
        "next_attempt_at": iso(found.next_at) if waits else None,
        "created_at": iso(found.created_at),
    }


def shown_delivery_in_full(found: WebhookDelivery) -> dict[str, Any]:
    """With what is sent and what came back. Null before the first attempt; the signature is never shown."""
    return {
        **shown_delivery(found),
        "request_headers": _headers(found) if found.attempted_at else None,
        "request_body": json.loads(found.body) if found.body else None,
        "response_body": found.response_body,
    }


def _headers(found: WebhookDelivery) -> dict[str, str]:
    at = int(found.attempted_at.timestamp()) if found.attempted_at else 0
    return {
        **sent_headers(),
        "webhook-id": found.message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": "v1,…",
    }
