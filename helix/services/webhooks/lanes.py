"""Webhooks are served in parallel lanes, so that a slow one delays no other."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.globals import app_ctx
from sqlalchemy import func, or_, select

from helix import clock, live
from helix.db.transaction import end_reading
from helix.extensions import db
from helix.models import Webhook, WebhookDelivery
from helix.models.vocabulary import WebhookStatus

LANES = 8
LANES_PER_WEBHOOK = 4
PUBLISH_EVERY_SECONDS = 1.0

# Sends the next delivery of a webhook within so many seconds: whether it arrived, None when none is due.
DeliverNext = Callable[[int, float], bool | None]


def run(deliver_next: DeliverNext, *, seconds: float, timeout: float) -> int:
    """Start no delivery after `seconds`. Returns how many arrived."""
    deadline = time.monotonic() + seconds
    lanes = [webhook_id for webhook_id, count in due() for _ in range(min(count, LANES_PER_WEBHOOK))][:LANES]
    end_reading()
    if not lanes:
        return 0
    app = app_ctx.app
    with ThreadPoolExecutor(len(lanes), thread_name_prefix="webhook") as pool:
        return sum(pool.map(lambda webhook_id: _lane(app, deliver_next, webhook_id, deadline, timeout), lanes))


def due() -> list[tuple[int, int]]:
    """The webhooks for which something is due, and how much, those that waited longest first."""
    query = (
        select(WebhookDelivery.webhook_id, func.count())
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(WebhookDelivery.status == WebhookStatus.WAITING, WebhookDelivery.next_at <= clock.now())
        .where(Webhook.is_active, or_(Webhook.rests_until.is_(None), Webhook.rests_until <= clock.now()))
        .group_by(WebhookDelivery.webhook_id)
        .order_by(func.min(WebhookDelivery.next_at))
        .limit(LANES)
    )
    return [(webhook_id, count) for webhook_id, count in db.session.execute(query)]


def publish(webhook_id: int) -> None:
    live.publish("webhook", webhook_id)


def _lane(app: Flask, deliver_next: DeliverNext, webhook_id: int, deadline: float, timeout: float) -> int:
    """One delivery after the other for one webhook, until none is due, one fails, or time is up."""
    sent = 0
    with app.app_context(), _publishing(webhook_id) as attempted:
        while time.monotonic() < deadline:
            arrived = deliver_next(webhook_id, timeout)
            if arrived is None:
                break
            sent += arrived
            attempted()
            if not arrived:
                break
    return sent


@contextmanager
def _publishing(webhook_id: int) -> Iterator[Any]:
    """Publish attempts to open pages at most once a second, and at the end."""
    published_at, pending = 0.0, False

    def attempted() -> None:
        nonlocal published_at, pending
        pending = time.monotonic() - published_at < PUBLISH_EVERY_SECONDS
        if not pending:
            published_at = time.monotonic()
            publish(webhook_id)

    yield attempted
    if pending:
        publish(webhook_id)
