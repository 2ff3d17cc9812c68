"""The message for a delivery: composed when it is sent, with the rights and the state of that moment."""

from typing import Protocol

from sqlalchemy import select

from helix.errors import NotFound
from helix.extensions import db
from helix.models import Activity, Board, Notification, Task, User
from helix.models.vocabulary import ActorType, NotificationType, TaskStatus
from helix.policies import notifications as reading
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import accounts, notifications, settings, tasks
from helix.services.deliveries import Dropped
from helix.services.deliveries.telegram_outbox import ASK, EDIT
from helix.services.telegram import client, request_messages, signing
from helix.services.telegram.texts import Message, approval_text, notification_text, question_text
from helix.telegram import Button
from helix.text import task_keys


class DeliveryRow(Protocol):
    """The columns of a delivery that are needed here."""

    @property
    def channel(self) -> str: ...
    @property
    def notification_id(self) -> int | None: ...
    @property
    def recipient(self) -> str: ...
    @property
    def message_ref(self) -> str | None: ...


DECISIONS = {
    "task.approved": "Approved by {name}.",
    "task.rejected": "Sent back by {name}.",
    "task.completed": "Closed as done by {name}.",
    "task.cancelled": "Cancelled by {name}.",
    "task.deleted": "Deleted by {name}.",
}
MOVED_OUT = "Taken out of review by {name}."
NO_RIGHT = "The task is deleted, or this person may not see it any more."


def compose(delivery: DeliveryRow) -> Message:
    """The message, from the present state. Raises Dropped when it is not to be sent any more."""
    if not client.is_enabled(settings.organization()):
        raise Dropped("Telegram is switched off.")
    notification = db.session.get(Notification, delivery.notification_id)
    if notification is None:
        raise Dropped("The notification is gone.")
    if delivery.channel == EDIT:
        return _edit(delivery, notification)
    actor, chat = _recipient(notification)
    if not reading.may_read(actor, notification):
        raise Dropped(NO_RIGHT)
    task = _task(actor, notification)
    if delivery.channel == ASK:
        if notifications.request_id_of(notification) is not None:
            return request_messages.ask_reason(actor, chat, notification)
        if task is None or not still_asks(notification, task):
            raise Dropped("The result no longer waits for a decision.")
        return Message(chat, question_text(task.title), ask_reply="What should be different?")
    return _notification(actor, chat, notification, task)


def _notification(actor: Actor, chat: str, notification: Notification, task: Task | None) -> Message:
    if task is not None and notifications.request_id_of(notification) is not None:
        return request_messages.compose(actor, chat, notification)
    url = client.url(notification.url)
    about = f"{_key(task)} · {notification.message}" if task is not None else notification.message
    if notification.type != NotificationType.APPROVAL_NEEDED or task is None:
        return Message(chat, notification_text(notification.title, about, url))
    if still_asks(notification, task) and policy.may_review(actor, task):
        buttons = (
            Button("Approve", signing.button(signing.APPROVE, notification.id)),
            Button("Send back", signing.button(signing.SEND_BACK, notification.id)),
        )
        text = approval_text(notification.title, about, url, result=task.result or "")
        return Message(chat, text, buttons=buttons, task_id=task.id)
    text = notification_text(notification.title, about, url, decision=who_decided(notification))
    return Message(chat, text)


def _key(task: Task) -> str:
    """The readable id, as on the task's card."""
    return task_keys.readable(db.session.scalar(select(Board.key).where(Board.id == task.board_id)), task.id)


def _edit(delivery: DeliveryRow, notification: Notification) -> Message:
    """The message without its buttons. A person who may no longer read it sees neither content nor decision."""
    actor = accounts.actor_by_id(notification.user_id)
    if actor is None or not reading.may_read(actor, notification):
        text = notification_text("This is no longer open to you", "", client.url("/"))
    else:
        decision = request_messages.closing(actor, notification) or who_decided(notification) or "This was decided."
        title, url = request_messages.masked(notification.title), client.url(notification.url)
        text = notification_text(title, notification.message, url, decision=decision)
    return Message(delivery.recipient, text, edits=int(delivery.message_ref or 0))


def _recipient(notification: Notification) -> tuple[Actor, str]:
    """The present recipient and chat. Raises Dropped when there is none."""
    user = db.session.get(User, notification.user_id)
    actor = accounts.actor_by_id(notification.user_id)
    if user is None or actor is None or not user.telegram_notifications or not user.telegram_user_id:
        raise Dropped("This person has switched Telegram off.")
    return actor, user.telegram_user_id


def _task(actor: Actor, notification: Notification) -> Task | None:
    if notification.target_type != "task" or notification.target_id is None:
        return None
    try:
        return tasks.get(actor, notification.target_id)
    except NotFound:
        raise Dropped(NO_RIGHT) from None


def who_decided(notification: Notification) -> str | None:
    """The first decision on the task after this message asked for it, as a sentence; None if there is none."""
    query = (
        select(Activity.action, Activity.actor_name, Activity.details)
        .where(Activity.entity_type == "task", Activity.entity_id == notification.target_id)
        .where(Activity.actor_type == ActorType.USER, Activity.created_at >= notification.created_at)
        .where(Activity.action.in_([*DECISIONS, "task.moved"]))
        .order_by(Activity.id)
    )
    for action, name, details in db.session.execute(query):
        # A move to another board, or within a column, is no decision.
        if action in DECISIONS or "to_status" in details:
            return DECISIONS.get(action, MOVED_OUT).format(name=name)
    return None


def still_asks(notification: Notification, task: Task) -> bool:
    """Whether the task waits in review with the result that this message is about."""
    return task.status == TaskStatus.REVIEW and notification.event_key == notifications.approval_event(task)
