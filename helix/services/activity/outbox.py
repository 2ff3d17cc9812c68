"""The webhook outbox: deliveries are inserted in the transaction of the activity that they report, by one statement.

A process caches for some seconds which events any webhook is subscribed to, so that other changes cost no statement.
Events for a webhook that another process has just created may be missed by that; `catch_up` adds them later.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from helix import clock, queue
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, Webhook, WebhookDelivery, WebhookEvent
from helix.models.events import ALL_EVENTS
from helix.models.vocabulary import WebhookStatus

JOB = "helix.jobs.webhooks.deliver_due"

CACHE_SECONDS = 5.0
# Longer than the cache, by as much as a transaction may take to commit.
CAUGHT_UP = timedelta(seconds=30)
FIELDS = ("webhook_id", "activity_id", "event", "status", "attempts", "next_at", "created_at")

_cached: tuple[float, frozenset[str]] | None = None


class Entry(NamedTuple):
    """An entry of the activity that was written in the transaction under way."""

    id: int
    action: str


def post(entries: Sequence[Entry]) -> None:
    """Write a delivery for every active webhook that is subscribed to these. One statement, or none."""
    subscribed = _subscribed()
    matching = [entry.id for entry in entries if entry.action in subscribed or ALL_EVENTS in subscribed]
    if matching:
        _write(Activity.id.in_(matching))


def catch_up() -> None:
    """For new subscriptions: add the deliveries that processes with an older cache left out."""
    now = clock.now()
    for webhook_id, since in db.session.execute(
        select(Webhook.id, Webhook.heard_from).where(Webhook.is_active, Webhook.heard_from > now - 2 * CAUGHT_UP)
    ).all():
        _write((Webhook.id == webhook_id) & (Activity.created_at >= since) & (Activity.created_at < since + CAUGHT_UP))


def forget() -> None:
    """Reload the names of subscribed events, after a webhook changed."""
    global _cached
    _cached = None


def _subscribed() -> frozenset[str]:
    global _cached
    if _cached is None or time.monotonic() - _cached[0] > CACHE_SECONDS:
        query = select(WebhookEvent.event).join(Webhook, Webhook.id == WebhookEvent.webhook_id)
        _cached = time.monotonic(), frozenset(db.session.scalars(query.where(Webhook.is_active).distinct()))
    return _cached[1]


def _write(which: ColumnElement[bool]) -> None:
    now = literal(clock.now(), WebhookDelivery.next_at.type)
    status: Any = literal(WebhookStatus.WAITING, WebhookDelivery.status.type)
    rows = (
        select(Webhook.id, Activity.id, Activity.action, status, literal(0), now, now)
        .select_from(Activity)
        .join(WebhookEvent, WebhookEvent.event.in_((Activity.action, ALL_EVENTS)))
        .join(Webhook, Webhook.id == WebhookEvent.webhook_id)
        .where(which, Webhook.is_active)
        .distinct()
    )
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    with transaction() as after_commit:
        new = dialect.insert(WebhookDelivery).from_select(FIELDS, rows, include_defaults=False).on_conflict_do_nothing()
        if db.session.execute(new.returning(WebhookDelivery.id)).first() is not None:
            after_commit(queue.enqueue_once, JOB)
