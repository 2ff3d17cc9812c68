from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Webhook, WebhookDelivery
from helix.models.events import TEST_EVENT
from helix.models.vocabulary import WebhookStatus

# Longer than the longest exchange, with all that is around it.
CLAIM = timedelta(seconds=60)


@dataclass(frozen=True)
class Claim:
    id: int
    webhook_id: int
    attempts: int
    until: datetime

    @property
    def at(self) -> datetime:
        return self.until - CLAIM


def claim_next(webhook_id: int) -> Claim | None:
    """The delivery of this webhook that is due longest; None when there is none, or the webhook is off or rests."""
    now = clock.now()
    due = (
        select(WebhookDelivery.id)
        .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
        .where(WebhookDelivery.webhook_id == webhook_id, WebhookDelivery.status == WebhookStatus.WAITING)
        .where(WebhookDelivery.next_at <= now)
        .where(Webhook.is_active, or_(Webhook.rests_until.is_(None), Webhook.rests_until <= now))
        .order_by(WebhookDelivery.next_at, WebhookDelivery.id)
        .limit(1)
        .with_for_update(of=WebhookDelivery, skip_locked=True)
    )
    return _claim(WebhookDelivery.id == due.scalar_subquery(), now)


def claim_one(delivery_id: int) -> Claim | None:
    """This one, if it is due or a test that nobody has sent yet, even while its webhook is off or rests."""
    now = clock.now()
    new_test = (WebhookDelivery.event == TEST_EVENT) & (WebhookDelivery.attempts == 0)
    waits = WebhookDelivery.status == WebhookStatus.WAITING
    return _claim((WebhookDelivery.id == delivery_id) & waits & ((WebhookDelivery.next_at <= now) | new_test), now)


def _claim(which: Any, now: datetime) -> Claim | None:
    with transaction():
        row = db.session.execute(
            update(WebhookDelivery)
            .where(which)
            .values(next_at=now + CLAIM, attempts=WebhookDelivery.attempts + 1, attempted_at=now)
            .returning(
                WebhookDelivery.id, WebhookDelivery.webhook_id, WebhookDelivery.attempts, WebhookDelivery.next_at
            )
            .execution_options(synchronize_session=False)
        ).first()
        return Claim(*row) if row else None
