"""The log of a webhook: what was sent, what waits, and sending it once more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import defer

from helix import clock, live, queue
from helix.errors import Conflict
from helix.extensions import db
from helix.models import Webhook, WebhookDelivery
from helix.models.vocabulary import WebhookStatus
from helix.policies.actor import Actor
from helix.services.activity.outbox import JOB
from helix.services.finding import one
from helix.services.paging import Page, PageRequest, newest_first
from helix.services.webhooks.lookup import get, locked, require_admin
from helix.transaction import transaction

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
    return one(WebhookDelivery, delivery_id, "delivery")


def replay(actor: Actor, delivery_id: int) -> WebhookDelivery:
    """Send it once more, at once: the same bytes under the same id. Its attempts are counted anew."""
    webhook_id = delivery(actor, delivery_id).webhook_id
    with transaction() as after_commit:
        _asked_again(webhook_id, after_commit)
        found = one(WebhookDelivery, delivery_id, "delivery", locked=True)
        if found.status == WebhookStatus.WAITING and found.attempts == 0:
            return found
        for name, value in _anew().items():
            setattr(found, name, value)
    return found


def replay_failed(actor: Actor, webhook_id: int, *, since: datetime) -> int:
    """Every delivery that failed for good and tells of what happened since then, once more. How many."""
    get(actor, webhook_id)
    with transaction() as after_commit:
        _asked_again(webhook_id, after_commit)
        failed = (
            update(WebhookDelivery)
            .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.status == WebhookStatus.FAILED)
            .where(WebhookDelivery.created_at >= since)
        )
        again = failed.values(**_anew()).returning(WebhookDelivery.id)
        return len(db.session.scalars(again.execution_options(synchronize_session=False)).all())


def _anew() -> dict[str, Any]:
    return {"status": WebhookStatus.WAITING, "attempts": 0, "next_at": clock.now()}


def _asked_again(webhook_id: int, after_commit: Any) -> Webhook:
    """Somebody says that it will work now: its rest is over."""
    webhook = locked(webhook_id)
    if not webhook.is_active:
        raise Conflict(SWITCH_ON)
    webhook.rests_until = None
    after_commit(queue.enqueue_once, JOB)
    after_commit(live.publish, "webhook", webhook_id)
    return webhook
