"""Messages that wait to be sent. Written in the transaction of what they tell of, and hastened after its commit."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, insert, literal, null, select

from helix import clock, queue
from helix.extensions import db
from helix.models import Delivery, Notification, Organization, User
from helix.models.vocabulary import NotificationType
from helix.transaction import transaction

NEWS = "telegram"
# Brings a sent message up to date: its buttons go, and it says who decided.
EDIT = "telegram_edit"
# Asks for the feedback that a result goes back with; the reply to it is that feedback.
ASK = "telegram_ask"
CHANNELS = (NEWS, EDIT, ASK)

JOB = "helix.jobs.telegram.deliver"
FIELDS = ("channel", "notification_id", "user_id", "recipient", "message_ref", "status", "next_at", "created_at")


def post(notification_ids: Sequence[int]) -> None:
    """Have these notifications sent to those of their people who want them in Telegram. One statement."""
    if not notification_ids:
        return
    rows = (
        _row(NEWS, Notification.id, Notification.user_id, User.telegram_user_id, null())
        .select_from(Notification)
        .join(User, User.id == Notification.user_id)
        .join(Organization, Organization.id == 1)
        .where(Notification.id.in_(notification_ids))
        # What is about his Telegram itself cannot reach him there.
        .where(Notification.target_type != "user")
        .where(User.telegram_notifications, User.telegram_user_id.is_not(None))
        .where(Organization.telegram_enabled, Organization.telegram_bot_token_encrypted.is_not(None))
    )
    _write(rows)


def close_questions(task_id: int) -> None:
    """Every message that asks to approve this task is brought up to date. One statement."""
    edited = exists().where(_Edit.notification_id == Delivery.notification_id, _Edit.channel == EDIT)
    rows = (
        _row(EDIT, Delivery.notification_id, Delivery.user_id, Delivery.recipient, Delivery.message_ref)
        .select_from(Notification)
        .join(Delivery, Delivery.notification_id == Notification.id)
        .where(Notification.target_id == task_id, Notification.type == NotificationType.APPROVAL_NEEDED)
        .where(Delivery.channel == NEWS, Delivery.status == "sent", Delivery.message_ref.is_not(None), ~edited)
    )
    _write(rows)


def ask_feedback(notification_id: int, user_id: int, chat: str) -> None:
    """Ask this person what should be different."""
    _write(_row(ASK, literal(notification_id), literal(user_id), literal(chat), null()))


_Edit = Delivery.__table__.alias("edit").c


def _row(channel: str, notification_id: Any, user_id: Any, recipient: Any, message_ref: Any) -> Any:
    now = literal(clock.now(), Delivery.next_at.type)
    return select(literal(channel), notification_id, user_id, recipient, message_ref, literal("waiting"), now, now)


def _write(rows: Any) -> None:
    with transaction() as after_commit:
        new = insert(Delivery).from_select(FIELDS, rows, include_defaults=True).returning(Delivery.id)
        for delivery_id in db.session.scalars(new).all():
            after_commit(queue.enqueue, JOB, delivery_id)
