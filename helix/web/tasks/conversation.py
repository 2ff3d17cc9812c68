"""A run as a conversation, as values for templates: turns, calls as cards, what was asked and answered, the money."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup
from werkzeug.datastructures import MultiDict

from helix.models import HumanRequest, Run, TaskAttachment, ToolCall
from helix.models.vocabulary import ENDED_CALLS, RequestKind, RequestState, RunStatus, ToolCallState
from helix.policies.failures import FAILURE_TEXTS
from helix.services import requests, runs, settings, tasks, tools
from helix.services.runs import Asked, FoundCall, Incident, Turn
from helix.web.blueprint import actor
from helix.web.formatted import html, published
from helix.web.inbox.requests import detail as request_detail
from helix.web.tasks.panel import file_context, with_state

# Characters of an argument and of a result that the page holds; the rest is fetched when it is asked for.
ARGUMENT_LENGTH_ON_PAGE, RESULT_LENGTH_ON_PAGE = 300, 600
# Of the text that the model has said last, to tell it from what it is writing now.
SAID_LENGTH = 60

# Headings of the parts of a prompt, as in its preview.
ROLE_LABELS = {"system": "Instructions", "user": "Task"}
# Words, icon and tone of each state.
STATES = {
    ToolCallState.PLANNED: ("Planned", "clock", "muted"),
    ToolCallState.WAITING: ("Waits for a person", "message-square", "warn"),
    ToolCallState.APPROVED: ("Allowed, not begun yet", "clock", "muted"),
    ToolCallState.STARTED: ("Running", "", "info"),
    ToolCallState.DONE: ("Done", "check", "ok"),
    ToolCallState.FAILED: ("Failed", "circle-alert", "danger"),
    ToolCallState.DENIED: ("Denied", "x", "danger"),
    ToolCallState.UNCERTAIN: ("Not known whether it was done", "triangle-alert", "warn"),
    ToolCallState.SKIPPED: ("Left out", "x", "muted"),
}
VIA = {"telegram": "in Telegram", "api": "through the API"}
OUTCOMES = {"done": "said that it was done", "again": "said to do it again", "skip": "said to go on without it"}
SCOPES = {"run": "allowed this tool for the whole run", "always": "allowed this tool always"}
CLOSED = {
    RequestState.OPEN: "Nobody has answered yet",
    RequestState.EXPIRED: "Nobody answered in time",
    RequestState.WITHDRAWN: "The run ended before anybody answered",
}


@dataclass(frozen=True)
class Argument:
    """`text` is cut when its `length` is greater. `was`: what the model had sent, where a person has changed it."""

    name: str
    text: str
    length: int
    was: str | None = None
    is_changed: bool = False

    @property
    def is_cut(self) -> bool:
        return self.length > len(self.text)


@dataclass(frozen=True)
class Answer:
    """Who has decided what, as "Mia" and "allowed it". `by` is empty when nobody did."""

    by: str
    words: str
    at: datetime | None
    via: str
    note: str


@dataclass(frozen=True)
class CallCard:
    """`question` is set for a call that asks a person: then `result` is the answer."""

    id: int
    run_id: int
    name: str
    title: str
    state: str
    words: str
    icon: str
    tone: str
    because: str
    answers: list[Answer]
    arguments: list[Argument]
    are_no_object: bool
    question: str
    result: str
    result_length: int
    is_error: bool
    seconds: float | None
    started_at: datetime | None
    cost_usd: Decimal | None
    files: list[dict[str, Any]]

    @property
    def is_open(self) -> bool:
        return self.state not in ENDED_CALLS


@dataclass(frozen=True)
class Entry:
    """One of `turn`, `incident` and `answer` (a request about the run, such as one for money)."""

    turn: Turn | None = None
    html: Markup | None = None
    notes: str = ""
    calls: list[CallCard] = field(default_factory=list)
    incident: Incident | None = None
    question: str = ""
    answer: Answer | None = None


def conversation_context(run: Run) -> dict[str, Any]:
    """What templates/runs/_conversation.html wants. The caller has checked access to the run."""
    found = runs.conversation_of(run)
    attempts = [
        {
            "id": attempt.run.id,
            "number": attempt.run.attempt,
            "entries": (entries := [_entry(one, found) for one in attempt.entries]),
            "turn_count": len(attempt.turns),
            "call_count": sum(len(turn.calls) for turn in attempt.turns),
            # What still goes on is not folded away.
            "is_open": any(card.is_open for entry in entries for card in entry.calls),
        }
        for attempt in found.attempts
    ]
    turns = found.turns
    is_running = run.status == RunStatus.RUNNING
    executes = any(call.call.state not in ENDED_CALLS for call in turns[-1].calls) if turns else False
    said = next((turn.text.strip() for turn in reversed(turns) if turn.text.strip()), "")[:SAID_LENGTH]
    so_far = published(run.id) if is_running else None
    if so_far and said and so_far["text"].lstrip().startswith(said):
        so_far = None
    calls = [call for turn in turns for call in turn.calls]
    limit = settings.organization().max_run_usd + found.granted_usd
    return {
        "run": with_state(runs.serialize([run], actor().zone)[0])
        | {"failure": FAILURE_TEXTS[run.reason].next_step if run.reason else ""},
        "earlier": attempts[:-1],
        "entries": attempts[-1]["entries"],
        "turn_count": len(turns),
        "call_count": len(calls),
        "seconds_of_calls": sum((call.call.milliseconds or 0) for call in calls) / 1000,
        "is_running": is_running,
        "is_writing": is_running and not executes,
        "said": said,
        "so_far": so_far,
        "next_turn": len(turns) + 1,
        "successor": found.successor,
        "spent_usd": found.spent_usd,
        "limit_usd": limit if calls else None,
        "has_open_requests": found.has_open_requests,
    }


def page_context(
    run: Run,
    *,
    typed: MultiDict[str, str] | None = None,
    request_id: int = 0,
    problems: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What templates/runs/_page.html wants. `typed` and `problems`: of a refused answer to the request `request_id`."""
    context = conversation_context(run)
    open_requests = requests.open_of_run(run.id) if context["has_open_requests"] else []
    return context | {
        "task": tasks.get(actor(), run.task_id),
        "agent": run.agent,
        "asked": [
            {
                "request": request_detail(actor(), found, typed if found.request.id == request_id else None),
                "problems": problems if found.request.id == request_id and problems else {},
            }
            for found in open_requests
        ],
    }


def prompt_context(run: Run) -> dict[str, Any]:
    """What templates/runs/_prompt.html wants: the parts of the prompt as sent, and what was left out of it."""
    first = next((step for step in runs.serialize_steps(run) if step["kind"] == "prompt"), None)
    details = first["details"] if first else {}
    notes = []
    if details.get("skills"):
        notes.append(f"Skills: {', '.join(details['skills'])}.")
    if details.get("cut"):
        notes.append(f"Cut to fit: {'; '.join(details['cut'])}.")
    parts = [(ROLE_LABELS.get(message["role"], message["role"]), message["content"]) for message in run.prompt or []]
    return {"parts": parts, "notes": " ".join(notes), "run_id": run.id}


def arguments_json(call: ToolCall) -> str:
    """The arguments as they were used, and before that as the model sent them where a person has changed them."""
    if call.edited_arguments is None:
        return _json(call.arguments)
    return f"{_json(call.edited_arguments)}\n\nBefore a person changed them:\n\n{_json(call.arguments)}"


def _entry(entry: Turn | Incident | Asked, found: runs.RunConversation) -> Entry:
    if isinstance(entry, Incident):
        return Entry(incident=entry)
    if isinstance(entry, Asked):
        return Entry(question=entry.request.title, answer=_answer(entry))
    cards = [_card(call, found.requests.get(call.call.id, []), found.files) for call in entry.calls]
    return Entry(turn=entry, html=html(entry.text), notes=entry.notes.removeprefix("Thoughts:").strip(), calls=cards)


def _card(found: FoundCall, asked: Sequence[Asked], files: Sequence[TaskAttachment]) -> CallCard:
    call, result = found.call, found.beginning or ""
    words, icon, tone = STATES[call.state]
    arguments = call.arguments or {}
    question = str(arguments.get("question", "")) if call.name == "ask_person" else ""
    if question and call.state == ToolCallState.DONE:
        words = "Answered"
    saved = [file for file in files if call.name == "save_file" and result == tools.saved_as(file)]
    return CallCard(
        id=call.id,
        run_id=call.run_id,
        name=call.name,
        title=found.title,
        state=call.state,
        words=words,
        icon=icon,
        tone=tone,
        because=call.decided_because,
        answers=[_answer(one) for one in asked],
        arguments=_arguments(arguments, call.edited_arguments),
        are_no_object=call.arguments is None,
        question=question,
        result=result if question else result[:RESULT_LENGTH_ON_PAGE],
        result_length=found.length,
        is_error=call.is_error,
        seconds=None if call.milliseconds is None else call.milliseconds / 1000,
        started_at=call.started_at,
        cost_usd=call.cost_usd,
        files=[file_context(file) for file in saved],
    )


def _arguments(sent: Mapping[str, Any], edited: Mapping[str, Any] | None) -> list[Argument]:
    if edited is None:
        return [_argument(name, value) for name, value in sent.items()]
    lines = []
    for name in dict.fromkeys((*sent, *edited)):
        was = _text(sent[name])[:ARGUMENT_LENGTH_ON_PAGE] if name in sent else None
        if name not in edited:
            lines.append(Argument(name, "", 0, was, is_changed=True))
        elif name in sent and sent[name] == edited[name]:
            lines.append(_argument(name, edited[name]))
        else:
            lines.append(_argument(name, edited[name], was=was, is_changed=True))
    return lines


def _argument(name: str, value: Any, **more: Any) -> Argument:
    text = _text(value)
    return Argument(name, text[:ARGUMENT_LENGTH_ON_PAGE], len(text), **more)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _answer(asked: Asked) -> Answer:
    request = asked.request
    if request.state != RequestState.ANSWERED:
        at = request.created_at if request.state == RequestState.OPEN else request.expires_at
        return Answer("", CLOSED[request.state], at if request.state != RequestState.WITHDRAWN else None, "", "")
    by = asked.by.shown_name if asked.by else "HELIX"
    return Answer(by, _decided(request), request.answered_at, VIA.get(request.answered_via or "", ""), request.note)


def _decided(request: HumanRequest) -> str:
    answer = request.answer or {}
    if request.decision == "deny":
        return "did not answer" if request.kind == RequestKind.QUESTION else "denied it"
    match request.kind:
        case RequestKind.APPROVAL:
            return SCOPES.get(request.scope or "", "allowed it once")
        case RequestKind.BUDGET:
            return f"allowed another {answer.get('usd')} USD"
        case RequestKind.UNCERTAIN:
            return OUTCOMES.get(str(answer.get("outcome")), "answered")
        case _:
            return "answered"
