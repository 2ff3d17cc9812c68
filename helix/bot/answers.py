"""Answers to requests of agents from Telegram: a pressed button, or a reply to the message that asks."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from helix import clock
from helix.db.transaction import transaction
from helix.errors import HelixError
from helix.extensions import db
from helix.models import Delivery, HumanRequest, Notification, User
from helix.models.vocabulary import AnswerScope, RequestKind
from helix.policies.actor import Actor
from helix.services import accounts, notifications, requests
from helix.services.deliveries import telegram_outbox
from helix.services.telegram import request_messages, signing

ASK_AGAIN_AFTER = timedelta(seconds=60)
ANSWERS: dict[str, dict[str, Any]] = {
    signing.ONCE: {"decision": "allow"},
    signing.RUN: {"decision": "allow", "scope": AnswerScope.RUN},
    signing.ALWAYS: {"decision": "allow", "scope": AnswerScope.ALWAYS},
    signing.DENY: {"decision": "deny"},
    signing.DENY_WITHOUT_REASON: {"decision": "deny"},
    signing.DONE: {"decision": "answer", "values": {"outcome": "done"}},
    signing.AGAIN: {"decision": "answer", "values": {"outcome": "again"}},
    signing.SKIP: {"decision": "answer", "values": {"outcome": "skip"}},
}
TOLD = {
    signing.ONCE: "Allowed once.",
    signing.RUN: "Allowed in this run.",
    signing.ALWAYS: "Always allowed from now on.",
    signing.DENY: "Denied.",
    signing.DENY_WITHOUT_REASON: "Denied.",
    signing.DONE: "The agent goes on: it was done.",
    signing.AGAIN: "It will be done again.",
    signing.SKIP: "The agent goes on without it.",
}
ANSWERED = "Your answer goes to {name}."
NO_WORDS = "Reply with text: what is your answer?"
IN_HELIX = "This cannot be answered by a reply. Open it in HELIX."
PRESS = "Use the buttons below that message, or open it in HELIX."
CHANGE_OR_PRESS = (
    "Use the buttons below that message. To change the arguments, reply with all of them as a JSON object."
)
WHY = "Why? Reply to the message that comes now, or press its button to give no reason."
NO_REASON = "Reply with text, or press the button to deny it without a reason."
DENIED = "Denied. {name} reads why."
ALLOWED = "Allowed once, with your arguments."


def press(actor: Actor, notification: Notification, request_id: int, verb: str, chat: str) -> str:
    """Answer with a button; "Deny" asks for the reason first. Returns what to tell the person."""
    found = requests.get(actor, request_id)
    if verb == signing.DENY and request_messages.is_waiting(found.request) and requests.may_answer(actor, found):
        ask_for_words(notification, chat)
        return WHY
    if verb in ANSWERS:
        return _answer(actor, notification, found.request, ANSWERS[verb]) or TOLD[verb]
    option = request_messages.options(found.request)[int(verb)]
    answer = {"decision": "answer", "values": {"answer": option}}
    return _answer(actor, notification, found.request, answer) or ANSWERED.format(name=found.agent.shown_name)


def reply(user: User, message_id: int, words: str) -> str | None:
    """Answer with a reply. Returns what to tell the person; None if the message was no request."""
    notification, is_reason = _notification(user, message_id)
    request_id = notifications.request_id_of(notification) if notification else None
    actor = accounts.actor_by_id(user.id)
    if notification is None or request_id is None or actor is None:
        return None
    try:
        found = requests.get(actor, request_id)
        request = found.request
        if is_reason:
            return _deny(actor, notification, found, words)
        if request.kind == RequestKind.APPROVAL:
            return _allow_with(actor, notification, request, words)
        if not request_messages.takes_reply(request):
            return PRESS if request.kind == RequestKind.UNCERTAIN else IN_HELIX
        if not words.strip():
            return NO_WORDS
        answer = {"decision": "answer", "values": {"answer": words}}
        return _answer(actor, notification, request, answer) or ANSWERED.format(name=found.agent.shown_name)
    except HelixError as error:
        return error.message


def _deny(actor: Actor, notification: Notification, found: requests.Found, words: str) -> str:
    """Deny with the reply to the question for the reason."""
    if not words.strip():
        return NO_REASON
    answer = {"decision": "deny", "note": words}
    return _answer(actor, notification, found.request, answer) or DENIED.format(name=found.agent.shown_name)


def ask_for_words(notification: Notification, chat: str) -> None:
    """Send the question whose reply carries feedback or a reason, unless it was sent a moment ago."""
    recently = select(Delivery.id).where(
        Delivery.notification_id == notification.id,
        Delivery.channel == telegram_outbox.ASK,
        Delivery.created_at > clock.now() - ASK_AGAIN_AFTER,
    )
    with transaction():
        if db.session.scalar(recently.limit(1)) is None:
            telegram_outbox.ask_feedback(notification.id, notification.user_id, chat)


def _allow_with(actor: Actor, notification: Notification, request: HumanRequest, words: str) -> str:
    """Allow the call once with the arguments that a reply holds."""
    try:
        arguments = json.loads(words)
    except (ValueError, RecursionError):
        return CHANGE_OR_PRESS
    if not isinstance(arguments, dict):
        return CHANGE_OR_PRESS
    return _answer(actor, notification, request, {"decision": "allow", "arguments": arguments}) or ALLOWED


def _answer(actor: Actor, notification: Notification, request: HumanRequest, answer: dict[str, Any]) -> str | None:
    """None if the answer counts, else why it does not. The message about a request that is closed is updated then."""
    request_id, task_id, event = request.id, request.task_id, notification.event_key
    try:
        requests.answer(actor, request_id, **answer, via="telegram")
    except HelixError as error:
        now = db.session.get(HumanRequest, request_id, populate_existing=True)
        if now is None or not request_messages.is_waiting(now):
            telegram_outbox.close_requests(task_id, [event])
        return error.message
    return None


def _notification(user: User, message_id: int) -> tuple[Notification | None, bool]:
    """What the message in this person's present chat is about, and whether it asks for a reason."""
    query = (
        select(Notification, Delivery.channel)
        .join(Delivery, Delivery.notification_id == Notification.id)
        .where(Delivery.user_id == user.id, Delivery.message_ref == str(message_id))
        .where(Delivery.channel.in_((telegram_outbox.NOTIFICATION, telegram_outbox.ASK)))
        .where(Delivery.recipient == user.telegram_user_id)
    )
    found = db.session.execute(query.limit(1)).one_or_none()
    return (found[0], found[1] == telegram_outbox.ASK) if found else (None, False)
