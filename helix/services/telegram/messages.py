"""From a delivery's row to what is sent: decided when it is sent, with the rights and the state of that moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from helix.errors import NotFound
from helix.extensions import db
from helix.models import Notification, Task, User
from helix.models.vocabulary import NotificationType
from helix.policies import notifications as reading
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import accounts, settings, tasks
from helix.services.telegram import deep_links, formatting, signing
from helix.services.telegram.decisions import still_asks, who_decided
from helix.services.telegram.outbox import ASK, EDIT
from helix.telegram import Button


class Waiting(Protocol):
    """What of a delivery's row is needed here."""

    @property
    def channel(self) -> str: ...
    @property
    def notification_id(self) -> int | None: ...
    @property
    def recipient(self) -> str: ...
    @property
    def message_ref(self) -> str | None: ...


@dataclass(frozen=True)
class Letter:
    """`edits` is the id of the message that it replaces; `task_id` is named where there are buttons."""

    chat: str
    text: str
    buttons: Sequence[Button] = ()
    ask_reply: str | None = None
    edits: int | None = None
    task_id: int | None = None


NO_RIGHT = "The task is deleted, or this person may not see it any more."


class Dropped(Exception):
    """It is not to be sent any more. The message says why."""


def write(waiting: Waiting) -> Letter:
    """Raises Dropped for what is not sent any more."""
    if not deep_links.is_on(settings.organization()):
        raise Dropped("Telegram is switched off.")
    notification = db.session.get(Notification, waiting.notification_id)
    if notification is None:
        raise Dropped("The notification is gone.")
    if waiting.channel == EDIT:
        return _edit(waiting, notification)
    actor, chat = _reader(notification)
    if not reading.may_read(actor, notification):
        raise Dropped(NO_RIGHT)
    task = _task(actor, notification)
    if waiting.channel == ASK:
        if task is None or not still_asks(notification, task):
            raise Dropped("The result does not wait for anybody any more.")
        return Letter(chat, formatting.question(task.title), ask_reply="What should be different?")
    return _news(actor, chat, notification, task)


def _news(actor: Actor, chat: str, notification: Notification, task: Task | None) -> Letter:
    url = deep_links.address(notification.url)
    if notification.type != NotificationType.APPROVAL_NEEDED or task is None:
        return Letter(chat, formatting.news(notification.title, notification.message, url))
    if still_asks(notification, task) and policy.may_review(actor, task):
        buttons = (
            Button("Approve", signing.button(signing.APPROVE, notification.id)),
            Button("Send back", signing.button(signing.SEND_BACK, notification.id)),
        )
        text = formatting.approval(notification.title, notification.message, url, result=task.result or "")
        return Letter(chat, text, buttons=buttons, task_id=task.id)
    text = formatting.news(notification.title, notification.message, url, decision=who_decided(notification))
    return Letter(chat, text)


def _edit(waiting: Waiting, notification: Notification) -> Letter:
    """The buttons go in any case; who may not read it any more is told neither what it was nor how it ended."""
    actor = accounts.actor_by_id(notification.user_id)
    if actor is None or not reading.may_read(actor, notification):
        text = formatting.news("This is no longer open to you", "", deep_links.address("/"))
    else:
        decision = who_decided(notification) or "This was decided."
        url = deep_links.address(notification.url)
        text = formatting.news(notification.title, notification.message, url, decision=decision)
    return Letter(waiting.recipient, text, edits=int(waiting.message_ref or 0))


def _reader(notification: Notification) -> tuple[Actor, str]:
    """Who gets it, and his chat, as both are now."""
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
