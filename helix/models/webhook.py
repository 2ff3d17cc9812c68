from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import EnumText, Id, UtcDateTime
from helix.models.vocabulary import WebhookStatus


class Webhook(Model):
    """A URL that events are sent to."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    url: Mapped[str] = mapped_column(String(2000))
    secret_encrypted: Mapped[str] = mapped_column(String(600))
    # Also signs until `old_secret_until`, so that the receiver can switch to the new secret.
    old_secret_encrypted: Mapped[str | None] = mapped_column(String(600))
    old_secret_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_active: Mapped[bool] = mapped_column(default=True)
    # Why it was switched off automatically.
    off_reason: Mapped[str | None] = mapped_column(String(300))
    # Only events after this time are delivered.
    heard_from: Mapped[datetime] = mapped_column(UtcDateTime)
    # Consecutive failed attempts, over all its deliveries.
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # After a failure nothing is sent until this time.
    rests_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WebhookEvent(Model):
    """An event that a webhook subscribes to: an activity action, or `*` for all."""

    __tablename__ = "webhook_events"

    webhook_id: Mapped[int] = mapped_column(Id, ForeignKey("webhooks.id", ondelete="CASCADE"), primary_key=True)
    event: Mapped[str] = mapped_column(String(40), primary_key=True)


class WebhookDelivery(Model):
    """One event for one webhook: first the outbox, then the log."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_due", "status", "next_at"),
        Index("ix_webhook_deliveries_webhook", "webhook_id", "status", "next_at"),
        Index("uq_webhook_deliveries_activity", "activity_id", "webhook_id", unique=True),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(Id, ForeignKey("webhooks.id", ondelete="CASCADE"))
    # The activity entry; None for a test. Not a foreign key: activity may be purged sooner.
    activity_id: Mapped[int | None] = mapped_column(Id)
    event: Mapped[str] = mapped_column(String(40))
    # The exact request body, the same at every attempt. None until the first.
    body: Mapped[str | None] = mapped_column(Text)
    status: Mapped[WebhookStatus] = mapped_column(EnumText(WebhookStatus, 10), default=WebhookStatus.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    attempted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    response_status: Mapped[int | None]
    response_body: Mapped[str | None] = mapped_column(Text)
    duration_ms: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(300))
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def message_id(self) -> str:
        """The unique id for the receiver, the same at every attempt. It includes the time, so that ids are not reused
        after restoring a backup."""
        return f"msg_{self.id}_{int(self.created_at.timestamp() * 1_000_000):x}"
