"""Reading webhooks, and their API representation."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from helix import clock
from helix.clock import iso
from helix.db.locking import lock
from helix.errors import Forbidden
from helix.extensions import db
from helix.models import Webhook, WebhookDelivery, WebhookEvent
from helix.models.events import EVENTS
from helix.models.vocabulary import WebhookStatus
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services.required_rows import get_required, required

PLACE = {name: place for place, name in enumerate(EVENTS)}


def require_admin(actor: Actor) -> None:
    if not administration.may_administer(actor):
        raise Forbidden("Only admins see and change webhooks.")


def webhooks(actor: Actor) -> list[Webhook]:
    """By name. For admins."""
    require_admin(actor)
    return list(db.session.scalars(select(Webhook).order_by(Webhook.name, Webhook.id)))


def get(actor: Actor, webhook_id: int) -> Webhook:
    require_admin(actor)
    return get_required(Webhook, webhook_id, "webhook")


def locked(webhook_id: int) -> Webhook:
    return required(lock(Webhook, webhook_id), "webhook")


def health(webhook: Webhook) -> str:
    """`off`, `failing` (its last attempt did not get through), `ok`, or `new`, when nothing was sent yet."""
    if not webhook.is_active:
        return "off"
    if webhook.failures:
        return "failing"
    return "ok" if webhook.delivered_at else "new"


def serialize(webhook: Webhook) -> dict[str, Any]:
    return serialize_many([webhook])[0]


def serialize_many(webhooks: Sequence[Webhook]) -> list[dict[str, Any]]:
    """The API representations, in two statements, without the secrets."""
    ids = [webhook.id for webhook in webhooks]
    events: dict[int, list[str]] = {id: [] for id in ids}
    for row in db.session.execute(select(WebhookEvent).where(WebhookEvent.webhook_id.in_(ids))).scalars():
        events[row.webhook_id].append(row.event)
    open_ = WebhookDelivery.status.in_((WebhookStatus.WAITING, WebhookStatus.FAILED))
    counting = (
        select(WebhookDelivery.webhook_id, WebhookDelivery.status, func.count())
        .where(WebhookDelivery.webhook_id.in_(ids), open_)
        .group_by(WebhookDelivery.webhook_id, WebhookDelivery.status)
    )
    counts = {(webhook_id, status): count for webhook_id, status, count in db.session.execute(counting)}
    return [
        {
            "id": webhook.id,
            "name": webhook.name,
            "url": webhook.url,
            "events": sorted(events[webhook.id], key=lambda event: PLACE.get(event, -1)),
            "is_active": webhook.is_active,
            "health": health(webhook),
            "off_reason": webhook.off_reason,
            "failures": webhook.failures,
            "failing_since": iso(webhook.failing_since),
            "delivered_at": iso(webhook.delivered_at),
            "waiting": counts.get((webhook.id, WebhookStatus.WAITING), 0),
            "failed": counts.get((webhook.id, WebhookStatus.FAILED), 0),
            "old_secret_until": iso(_if_to_come(webhook)),
            "created_at": iso(webhook.created_at),
        }
        for webhook in webhooks
    ]


def _if_to_come(webhook: Webhook) -> Any:
    until = webhook.old_secret_until
    return until if until and until > clock.now() else None
