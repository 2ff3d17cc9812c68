"""Pressed buttons, and feedback by reply: from Telegram, through the same services as the pages and the API."""

from sqlalchemy import select

from helix.bot import answers
from helix.db.transaction import transaction
from helix.errors import HelixError, NotFound
from helix.extensions import db
from helix.models import Delivery, Notification, Task, User
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import accounts, notifications, tasks
from helix.services.deliveries import telegram_outbox
from helix.services.telegram import linking, signing
from helix.services.telegram.messages import still_asks, who_decided
from helix.services.work import lookup

NOT_LINKED = "This Telegram account is not linked with anybody."
NOT_OURS = "This button is not valid."
OUTDATED = "There is a newer result. Look at the newest message, or open the task."
APPROVED = "Approved."
ASKED = "Reply with what should be different."
NO_WORDS = "Reply with text: what should be different?"
SENT_BACK = "Sent back with your feedback."


class AlreadyDecided(Exception):
    """The result no longer waits for a decision. The message says why."""


def answer_press(sender: str, data: str) -> str:
    """Do what the button says. Returns the answer for the person who pressed it."""
    user, pressed = linking.person_behind(sender), signing.read_button(data)
    actor = accounts.actor_by_id(user.id) if user else None
    if user is None or actor is None:
        return NOT_LINKED
    notification = db.session.get(Notification, pressed.notification_id) if pressed else None
    if pressed is None or notification is None or notification.user_id != user.id:
        return NOT_OURS
    request_id = notifications.request_id_of(notification)
    try:
        if request_id is not None:
            return answers.press(actor, notification, request_id, pressed.verb, sender)
        if pressed.verb == signing.APPROVE:
            return _approve(actor, notification)
        return _ask(actor, notification, sender)
    except AlreadyDecided as reason:
        return str(reason)
    except HelixError as error:
        return error.message


def feedback(user: User, message_id: int, words: str) -> str | None:
    """Send the result back with a reply to our question. Returns the answer; None if it was no such question."""
    actor = accounts.actor_by_id(user.id)
    if actor is None:
        return None
    try:
        with transaction():
            question = _question(user, message_id)
            if question is None:
                return None
            notification = db.session.get_one(Notification, question.notification_id)
            if notifications.request_id_of(notification) is not None:
                return None
            if question.status == "answered":
                raise AlreadyDecided(who_decided(notification) or OUTDATED)
            if not words.strip():
                return NO_WORDS
            task = _waiting_task(actor, notification)
            question.status = "answered"
            tasks.reject(actor, task.id, words)
    except AlreadyDecided as reason:
        return str(reason)
    except HelixError as error:
        return error.message
    return SENT_BACK


def _approve(actor: Actor, notification: Notification) -> str:
    with transaction():
        task = _waiting_task(actor, notification)
        tasks.approve(actor, task.id)
    return APPROVED


def _ask(actor: Actor, notification: Notification, chat: str) -> str:
    with transaction():
        _waiting_task(actor, notification)
        answers.ask_for_words(notification, chat)
    return ASKED


def _waiting_task(actor: Actor, notification: Notification) -> Task:
    """The locked task, if the actor may review it and its result is still the one that the message asked about."""
    if notification.target_id is None:
        raise NotFound("There is no such task.")
    task = lookup.get_for_update(actor, notification.target_id, to=policy.may_review)
    if not still_asks(notification, task):
        raise AlreadyDecided(who_decided(notification) or OUTDATED)
    return task


def _question(user: User, message_id: int) -> Delivery | None:
    query = select(Delivery).where(
        Delivery.channel == telegram_outbox.ASK, Delivery.user_id == user.id, Delivery.message_ref == str(message_id)
    )
    return db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
