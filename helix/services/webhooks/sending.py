"""Sending what is due. A claim makes sure that of several workers one sends a delivery at a time.

A claim moves `next_at` beyond the longest exchange and is known by it: if the worker dies, the delivery is due again
then, under the same id. So a delivery comes at least once, and in no promised order.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app
from flask.globals import app_ctx
from sqlalchemy import func, or_, select

from helix import clock, live
from helix.db.transaction import end_reading
from helix.errors import HelixError
from helix.extensions import db
from helix.models import Webhook, WebhookDelivery
from helix.models.vocabulary import WebhookStatus
from helix.services.webhooks import exchange
from helix.services.webhooks.claim import Claim, claim_next, claim_one
from helix.services.webhooks.preparing import Dropped, prepare
from helix.services.webhooks.settling import drop, settle

# Webhooks are served beside each other, so that one that is slow holds up nobody else.
LANES = 8
LANES_EACH = 4
SAY_EVERY_SECONDS = 1.0


def deliver(delivery_id: int, *, seconds: float = exchange.SECONDS) -> bool:
    """Send this one now, whatever the state of its webhook, unless somebody else does. True when it got through."""
    claim = claim_one(delivery_id)
    if claim is None:
        return False
    done = _send(claim, seconds)
    live.publish("webhook", claim.webhook_id)
    return done


def deliver_due(*, seconds: float = 5.0, patience: float = exchange.SECONDS) -> int:
    """Send what is due; after `seconds` nothing more is begun. How many got through."""
    deadline = time.monotonic() + seconds
    lanes = [webhook_id for webhook_id, count in _due() for _ in range(min(count, LANES_EACH))][:LANES]
    end_reading()
    if not lanes:
        return 0
    app = app_ctx.app
    with ThreadPoolExecutor(len(lanes), thread_name_prefix="webhook") as pool:
        return sum(pool.map(lambda webhook_id: _lane(app, webhook_id, deadline, patience), lanes))


def is_due() -> bool:
    return bool(_due())


def _due() -> list[tuple[int, int]]:
    """The webhooks for which something is due, with how much, those that waited longest first."""
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


def _lane(app: Flask, webhook_id: int, deadline: float, patience: float) -> int:
    """One delivery after the other for one webhook, until none is due, one fails, or time is up."""
    sent = 0
    with app.app_context(), _said_now_and_then(webhook_id) as say:
        while time.monotonic() < deadline:
            claim = claim_next(webhook_id)
            if claim is None:
                break
            done = _send(claim, patience)
            sent += done
            say()
            if not done:
                break
    return sent


def _send(claim: Claim, seconds: float) -> bool:
    try:
        letter = prepare(claim)
    except Dropped as reason:
        drop(claim, str(reason))
        return False
    except HelixError as error:
        settle(claim, exchange.Outcome(error=error.message[:300]))
        return False
    end_reading()
    allowed = current_app.config["HELIX"].allow_private_webhook_addresses
    outcome = exchange.post(letter, claim.at, allow_private=allowed, seconds=seconds)
    settle(claim, outcome)
    return outcome.ok


@contextmanager
def _said_now_and_then(webhook_id: int) -> Iterator[Any]:
    """Open pages hear of it once a second at most, and at the end."""
    said_at, untold = 0.0, False

    def say() -> None:
        nonlocal said_at, untold
        untold = time.monotonic() - said_at < SAY_EVERY_SECONDS
        if not untold:
            said_at = time.monotonic()
            live.publish("webhook", webhook_id)

    yield say
    if untold:
        live.publish("webhook", webhook_id)
