"""Messages for Telegram, written in the transaction of what they report; a worker is woken after its commit."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Insert,
    String,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
)

from helix import clock, queue
from helix.db.id_list import one_of
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.db.write import table, write
from helix.models import Delivery, Notification, Organization, User
from helix.models.notification import ABOUT_A_TASK
from helix.models.vocabulary import NotificationType

# What kind of message it is, in the column `channel`.
NOTIFICATION = "telegram"
# Updates a sent message: removes the buttons and says who decided or answered.
EDIT = "telegram_edit"
# Asks for the feedback with which a result is sent back, or why a call is denied: the reply to this message.
ASK = "telegram_ask"
KINDS = (NOTIFICATION, EDIT, ASK)

JOB = "helix.jobs.telegram.deliver"
_IS_ON = select(Organization.id).where(
    Organization.id == 1, Organization.telegram_enabled, Organization.telegram_bot_token_encrypted.is_not(None)
)
FIELDS = ("channel", "notification_id", "user_id", "recipient", "message_ref", "status", "next_at", "created_at")


def post(notification_ids: Sequence[int]) -> None:
    """Send these notifications to those of their recipients who want them in Telegram. One statement, or two."""
    if notification_ids and rows(_IS_ON):
        _write(_wanted(), ids=notification_ids)


@cache
def _wanted() -> Insert:
    """Built once: that takes longer than executing it."""
    return _into(
        _row(NOTIFICATION, Notification.id, Notification.user_id, User.telegram_user_id, null())
        .select_from(Notification)
        .join(User, User.id == Notification.user_id)
        .where(one_of(Notification.id, "ids"))
        # Notifications about a person's own Telegram cannot reach them there.
        .where(Notification.target_type != "user")
        .where(User.telegram_notifications, User.telegram_user_id.is_not(None))
        .where(_wants_type(), or_(User.snoozed_until.is_(None), User.snoozed_until <= bindparam("now")))
    )


def _wants_type() -> ColumnElement[bool]:
    """A condition: the person has not switched off Telegram for the notification's type."""
    wanted = {
        str(type_): func.coalesce(User.notification_settings[(str(type_), "telegram")].as_boolean(), true())
        for type_ in NotificationType
    }
    return case(wanted, value=cast(Notification.type, String), else_=true())


def close_questions(task_id: int) -> None:
    """Update every message that asks to approve this task. One statement."""
    _close(task_id, Notification.type == NotificationType.APPROVAL_NEEDED)


def close_requests(task_id: int, events: Sequence[str]) -> None:
    """Update every message about a request of this task, by its notifications' event keys. One statement."""
    _close(task_id, Notification.event_key.in_(events))


def _close(task_id: int, which: ColumnElement[bool]) -> None:
    # By message: a notification is sent again after a decision was undone.
    edited = exists().where(
        _Edit.notification_id == Delivery.notification_id,
        _Edit.channel == EDIT,
        _Edit.message_ref == Delivery.message_ref,
    )
    edits = (
        _row(EDIT, Delivery.notification_id, Delivery.user_id, Delivery.recipient, Delivery.message_ref)
        .select_from(Notification)
        .join(Delivery, Delivery.notification_id == Notification.id)
        .where(ABOUT_A_TASK, Notification.target_id == task_id, which)
        .where(Delivery.channel == NOTIFICATION, Delivery.status == "sent", Delivery.message_ref.is_not(None), ~edited)
    )
    _write(_into(edits))


def ask_feedback(notification_id: int, user_id: int, chat: str) -> None:
    """Ask this person what should be different, or why a call is denied."""
    _write(_into(_row(ASK, literal(notification_id), literal(user_id), literal(chat), null())))


_Edit = table(Delivery).alias("edit").c


def _row(channel: str, notification_id: Any, user_id: Any, recipient: Any, message_ref: Any) -> Any:
    now = bindparam("now", type_=Delivery.next_at.type)
    return select(literal(channel), notification_id, user_id, recipient, message_ref, literal("waiting"), now, now)


def _into(new: Any) -> Insert:
    deliveries = table(Delivery)
    return insert(deliveries).from_select(FIELDS, new, include_defaults=True).returning(deliveries.c.id)


def _write(new: Insert, **values: Any) -> None:
    with transaction() as after_commit:
        for delivery in write(new, {"now": clock.now(), **values}):
            after_commit(queue.enqueue, JOB, delivery.id)
