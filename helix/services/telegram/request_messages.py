"""The messages about requests of agents: what is asked with its buttons, and what became of it."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any

from helix import clock
from helix.errors import NotFound
from helix.logs.masking import mask_secrets
from helix.models import HumanRequest, Notification, ToolCall
from helix.models.vocabulary import AnswerScope, RequestKind, RequestState
from helix.policies import requests as policy
from helix.policies.actor import Actor
from helix.services import notifications, requests
from helix.services.deliveries import Dropped
from helix.services.telegram import client, signing
from helix.services.telegram.texts import EMPTY_LINES, LONGEST_TITLE, Message, escaped, with_link
from helix.telegram import Button
from helix.text.cleaning import is_blank
from helix.text.times import shown

# In UTF-16 units. Together below Telegram's limit of 4,096.
LONGEST_HEADING = 400
LONGEST_BODY = 400
LONGEST_QUESTION = 1800
LONGEST_ARGUMENTS = 2000
LONGEST_NAME = 60
LONGEST_OPTION = 60
LONGEST_OPTIONS = 900
LONGEST_RESULT = 400
LONGEST_ANSWER = 150

SCOPES = {
    AnswerScope.ONCE: (signing.ONCE, "Allow once"),
    AnswerScope.RUN: (signing.RUN, "Allow in this run"),
    AnswerScope.ALWAYS: (signing.ALWAYS, "Always"),
}
OUTCOMES = {signing.DONE: "It was done", signing.AGAIN: "Do it again", signing.SKIP: "Skip"}
OUTCOME_WORDS = {"done": "it was done", "again": "do it again", "skip": "go on without it"}
ALLOWED = {
    AnswerScope.ONCE: "Allowed once",
    AnswerScope.RUN: "Allowed in this run",
    AnswerScope.ALWAYS: "Always allowed",
}
NOTHING_WAITS = "The request no longer waits for an answer."


def compose(actor: Actor, chat: str, notification: Notification) -> Message:
    """What the agent asks, with buttons for who may answer. Raises Dropped when nothing waits for an answer."""
    found = _found(actor, notification)
    if found is None or not is_waiting(found.request):
        raise Dropped(NOTHING_WAITS)
    request = found.request
    event, _reminder = notifications.request_events(request)
    asks = "asks" if notification.event_key == event else "still waits for an answer"
    parts = [f"<b>{escaped(f'{found.agent.shown_name} {asks}: {masked(request.title)}', LONGEST_HEADING)}</b>"]
    parts.append(escaped(found.task.title, LONGEST_TITLE))
    if not policy.may_answer(actor, found.task, request.kind):
        return Message(chat, with_link(parts, client.url(notification.url)))
    parts += [*_facts(actor, request, found.call), *_instructions(request)]
    parts.append(f"<i>{escaped(_deadline(actor, request), LONGEST_TITLE)}</i>")
    return Message(
        chat,
        with_link(parts, client.url(notification.url)),
        buttons=_buttons(request, notification.id),
        columns=1 if request.kind == RequestKind.QUESTION else 2,
        task_id=found.task.id,
        request_id=request.id,
    )


def ask_reason(actor: Actor, chat: str, notification: Notification) -> Message:
    """Why not? The reply denies the call. Raises Dropped when nothing waits for an answer of this person any more."""
    found = _found(actor, notification)
    if found is None or not is_waiting(found.request) or not requests.may_answer(actor, found):
        raise Dropped(NOTHING_WAITS)
    title = escaped(masked(found.request.title), LONGEST_TITLE)
    name = escaped(found.agent.shown_name, LONGEST_TITLE)
    button = Button("Deny without a reason", signing.button(signing.DENY_WITHOUT_REASON, notification.id))
    words = f"Why not: <b>{title}</b>\n\nReply to this message to deny it: {name} reads your words."
    return Message(chat, words, buttons=(button,), columns=1)


def closing(actor: Actor, notification: Notification) -> str | None:
    """What became of the request, as a sentence. None for a notification about anything else."""
    if notifications.request_id_of(notification) is None:
        return None
    found = _found(actor, notification)
    if found is None:
        return "The task was deleted, so this needs no answer any more."
    request = found.request
    if request.state == RequestState.WITHDRAWN:
        return "The run has ended, so this needs no answer any more."
    if request.state != RequestState.ANSWERED or request.answered_at is None:
        return f"Nobody answered this by {shown(request.expires_at, actor.zone)}."
    name = found.answered_by.shown_name if found.answered_by else "HELIX"
    return f"{_decided(request)} by {name} on {shown(request.answered_at, actor.zone)}{_answer(request)}"


def is_waiting(request: HumanRequest) -> bool:
    return request.state == RequestState.OPEN and request.expires_at > clock.now()


def takes_reply(request: HumanRequest) -> bool:
    """Whether words can answer it: a question that wants one text and nothing else."""
    fields = request.schema.get("properties") or {}
    answer = fields.get("answer") if len(fields) == 1 else None
    return request.kind == RequestKind.QUESTION and isinstance(answer, dict) and answer.get("type") == "string"


def options(request: HumanRequest) -> list[str]:
    """The options that are offered as buttons; none if there are too many, or one of them cannot be shown."""
    found = list(request.options)
    few = len(found) <= len(signing.OPTIONS)
    return found if few and takes_reply(request) and not any(map(is_blank, found)) else []


def _found(actor: Actor, notification: Notification) -> requests.Found | None:
    request_id = notifications.request_id_of(notification)
    try:
        return requests.get(actor, request_id) if request_id is not None else None
    except NotFound:
        return None


def _facts(actor: Actor, request: HumanRequest, call: ToolCall | None) -> list[str]:
    """Why it is asked, and the call with its arguments."""
    body = EMPTY_LINES.sub("\n\n", masked(request.body))
    if call is None or request.kind == RequestKind.QUESTION:
        return [escaped(body, LONGEST_QUESTION)]
    parts = [escaped(body, LONGEST_BODY)]
    parts.append(f"<code>{escaped(_visible(call.name), 2 * LONGEST_NAME)}</code>")
    if call.arguments:
        parts += _arguments(call.arguments)
    if request.kind == RequestKind.UNCERTAIN and call.started_at:
        parts.append(f"Begun on {shown(call.started_at, actor.zone)}.")
    if request.kind == RequestKind.UNCERTAIN and call.late_result:
        result = escaped(_visible(masked(call.late_result)), LONGEST_RESULT)
        parts.append(f"What came back too late:\n<blockquote>{result}</blockquote>")
    return parts


def _arguments(arguments: Mapping[str, Any]) -> list[str]:
    """One after the other, without secrets; with a warning if they are shortened."""
    lines, is_cut, left = [], False, LONGEST_ARGUMENTS
    for name, value in mask_secrets(())(None, "", dict(arguments)).items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        # Indented, so that a line of a value does not look like another argument.
        text = "\n    ".join(_visible(text).strip().splitlines())
        name = _visible(" ".join(name.split()))
        room = left - LONGEST_NAME
        if room <= 0:
            is_cut = True
            break
        is_cut = is_cut or _units(text) > room or _units(name) > LONGEST_NAME
        left -= min(_units(text), room) + min(_units(name), LONGEST_NAME) + len(": \n")
        lines.append(f"{escaped(name, LONGEST_NAME)}: {escaped(text, room)}")
    shown_arguments = "\n".join(lines)
    parts = [f"<pre>{shown_arguments}</pre>"]
    return [*parts, "<b>This is shortened. Open it in HELIX to read all of it.</b>"] if is_cut else parts


def _deadline(actor: Actor, request: HumanRequest) -> str:
    when = shown(request.expires_at, actor.zone)
    if request.on_expiry == "default" and takes_reply(request):
        default = _cut(masked(str((request.answer or {}).get("answer", ""))), LONGEST_ANSWER)
        return f"Without an answer by {when}, the agent assumes: {default}"
    if request.kind == RequestKind.QUESTION:
        return f"The agent waits for an answer until {when}."
    effect = "the agent goes on without it" if request.kind == RequestKind.UNCERTAIN else "it is denied"
    return f"Without an answer by {when}, {effect}."


def _instructions(request: HumanRequest) -> list[str]:
    """How to answer it from here, unless the buttons say so."""
    if request.kind == RequestKind.BUDGET:
        return ["Answer it in HELIX: there you say how much it may spend."]
    if request.kind == RequestKind.APPROVAL:
        return ["To change the arguments, reply with all of them as JSON: that allows the call once."]
    if request.kind != RequestKind.QUESTION:
        return []
    if not takes_reply(request):
        return ["Answer it in HELIX: it asks for more than one text."]
    buttons = options(request)
    is_readable = len(buttons) == len(request.options) and all(len(one) <= LONGEST_OPTION for one in buttons)
    listed = [f"{number}. {' '.join(one.split())}" for number, one in enumerate(request.options, 1)]
    return [
        "" if is_readable else escaped("\n".join(listed), LONGEST_OPTIONS),
        "Choose one, or reply to this message." if buttons else "Reply to this message with your answer.",
    ]


def _buttons(request: HumanRequest, notification_id: int) -> list[Button]:
    match request.kind:
        case RequestKind.APPROVAL:
            offered = [words for scope, words in SCOPES.items() if scope == AnswerScope.ONCE or scope in request.scopes]
            verbs = [*offered, (signing.DENY, "Deny")]
        case RequestKind.UNCERTAIN:
            verbs = list(OUTCOMES.items())
        case RequestKind.QUESTION:
            verbs = [(signing.OPTIONS[place], _short(text)) for place, text in enumerate(options(request))]
        case _:
            verbs = []
    return [Button(words, signing.button(verb, notification_id)) for verb, words in verbs]


def _decided(request: HumanRequest) -> str:
    if request.decision == "deny":
        return "Left unanswered" if request.kind == RequestKind.QUESTION else "Denied"
    if request.kind == RequestKind.BUDGET:
        return "Granted"
    return ALLOWED[request.scope or AnswerScope.ONCE] if request.kind == RequestKind.APPROVAL else "Answered"


def _answer(request: HumanRequest) -> str:
    """The answer as the end of a sentence."""
    answer = request.answer
    if not answer:
        return "."
    match request.kind:
        case RequestKind.UNCERTAIN:
            return f": {OUTCOME_WORDS[answer['outcome']]}."
        case RequestKind.BUDGET:
            return f": another {answer['usd']} USD."
        case RequestKind.QUESTION if takes_reply(request):
            return f": {_cut(masked(str(answer.get('answer', ''))), LONGEST_ANSWER)}"
    return "."


def masked(text: str) -> str:
    """Without what looks like a secret: Telegram stores what it is sent."""
    return str(mask_secrets(())(None, "", {"": text})[""])


def _visible(text: str) -> str:
    """Without characters that hide or reorder others: who allows a call has to see what it says."""
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def _short(option: str) -> str:
    return _cut(" ".join(option.split()), LONGEST_OPTION)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2
