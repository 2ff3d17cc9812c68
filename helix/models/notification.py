from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import EnumText, Id, UtcDateTime
from helix.models.vocabulary import NotificationType

UNREAD = text("NOT read")
WAITING = text("status = 'waiting'")
ABOUT_A_TASK = text("target_type = 'task'")
APPROVALS = text("type = 'approval_needed'")
IN_A_CHAT = text("message_ref IS NOT NULL")


class Notification(Model):
    __tablename__ = "notifications"
    __table_args__ = (
        Index("ix_notifications_user", "user_id", "id"),
        Index("ix_notifications_unread", "user_id", "read", "id", postgresql_where=UNREAD),
        # At most one notification of an event for each user.
        Index("uq_notifications_event", "user_id", "event_key", unique=True),
        # Finds the notifications to update when a task changes boards.
        Index("ix_notifications_task", "target_id", sqlite_where=ABOUT_A_TASK, postgresql_where=ABOUT_A_TASK),
        Index("ix_notifications_approvals", "target_id", sqlite_where=APPROVALS, postgresql_where=APPROVALS),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    event_key: Mapped[str] = mapped_column(String(80))
    type: Mapped[NotificationType] = mapped_column(EnumText(NotificationType, 20))
    title: Mapped[str] = mapped_column(String(300))
    message: Mapped[str] = mapped_column(Text, default="")
    target_type: Mapped[str] = mapped_column(String(20))
    target_id: Mapped[int | None] = mapped_column(Id)
    # The board that the reader must see, and whether the reader must be an admin; checked on reading, as for Activity.
    board_id: Mapped[int | None] = mapped_column(Id)
    admin_only: Mapped[bool] = mapped_column(default=False)
    url: Mapped[str] = mapped_column(String(300), default="")
    read: Mapped[bool] = mapped_column(default=False)
    telegram_sent: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NotificationTally(Model):
    """Counters of a user's read and unread notifications by the right they require. See TaskTally."""

    __tablename__ = "notification_tallies"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, index=True)
    read: Mapped[bool]
    board_id: Mapped[int | None] = mapped_column(Id)
    admin_only: Mapped[bool]
    amount: Mapped[int]


class Delivery(Model):
    """An outgoing message: stored here until it was sent, whatever happens to the queue."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index("ix_deliveries_waiting", "next_at", "id", sqlite_where=WAITING, postgresql_where=WAITING),
        # Finds the message that a person replies to.
        Index("ix_deliveries_messages", "user_id", "message_ref", sqlite_where=IN_A_CHAT, postgresql_where=IN_A_CHAT),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    channel: Mapped[str] = mapped_column(String(16))
    notification_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("notifications.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    recipient: Mapped[str] = mapped_column(String(300), default="")
    subject: Mapped[str] = mapped_column(String(300), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[str] = mapped_column(String(10), default="waiting")  # waiting, sent, dropped, failed, answered
    attempts: Mapped[int] = mapped_column(default=0)
    message_ref: Mapped[str | None] = mapped_column(String(80))
    error: Mapped[str | None] = mapped_column(String(300))
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
