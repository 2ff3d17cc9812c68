"""Requests of agents as items of the inbox."""

import json
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from helix import clock
from helix.models import HumanRequest
from helix.models.vocabulary import AnswerScope, RequestKind, RequestState
from helix.policies.actor import Actor
from helix.services import requests
from helix.web.formatted import html
from helix.web.inbox import request_form

ICONS = {
    RequestKind.QUESTION: "message-square",
    RequestKind.APPROVAL: "shield-check",
    RequestKind.UNCERTAIN: "triangle-alert",
    RequestKind.BUDGET: "wallet",
}
WITHOUT_ANSWER = {"deny": "it is denied", "default": "the default counts", "fail": "it fails"}
# The buttons of an answer: the decision, and how far a permission reaches.
BUTTONS = {
    "once": ("allow", AnswerScope.ONCE),
    "run": ("allow", AnswerScope.RUN),
    "always": ("allow", AnswerScope.ALWAYS),
    "answer": ("answer", AnswerScope.ONCE),
    "deny": ("deny", AnswerScope.ONCE),
}


def detail(actor: Actor, found: requests.Found, typed: MultiDict[str, str] | None = None) -> dict[str, Any]:
    """What the page shows of a request. `typed` is the form that was refused."""
    request, _task, agent, call, answered_by = found
    may_answer = requests.may_answer(actor, found) and request.expires_at > clock.now()
    arguments = _json(call.arguments) if call and call.arguments else ""
    return {
        "id": request.id,
        "kind": request.kind,
        "icon": ICONS[request.kind],
        "title": request.title,
        "body_html": html(request.body),
        "agent": agent.shown_name,
        "asked_at": request.created_at,
        "tool": call.name if call and request.kind != RequestKind.QUESTION else "",
        "arguments": _lines(call.arguments or {}) if call and request.kind != RequestKind.QUESTION else [],
        "editable": request.kind == RequestKind.APPROVAL and call is not None and call.tool_id is not None,
        "arguments_json": (typed or {}).get("arguments", arguments),
        "shown_arguments": arguments,
        "fields": request_form.fields(request.schema or {}, _default(request), typed) if may_answer else [],
        "scopes": request.scopes,
        "may_answer": may_answer,
        "expires_at": request.expires_at,
        "without_answer": WITHOUT_ANSWER[request.on_expiry],
        "closed": None if may_answer else _closed(request, answered_by.shown_name if answered_by else None),
        "note": (typed or {}).get("note", ""),
    }


def answer(actor: Actor, request_id: int, form: MultiDict[str, str]) -> None:
    """Answer a request with a posted form, from whichever page. Raises Invalid and what `requests.answer` raises."""
    found = requests.get(actor, request_id)
    requests.answer(actor, request_id, **_read_answer(found.request, form), via="page")


def _read_answer(request: HumanRequest, form: MultiDict[str, str]) -> dict[str, Any]:
    """The posted answer, as arguments of `requests.answer`. Raises Invalid."""
    # Sent by a key, a form names no button: a question is answered then, but nothing is ever allowed by that.
    button = form.get("decision") or form.get("usual", "")
    decision, scope = BUTTONS.get(button, (button, AnswerScope.ONCE))
    answer: dict[str, Any] = {"decision": decision, "scope": scope, "note": form.get("note", "")}
    if decision != "deny":
        answer["values"] = request_form.values(request.schema or {}, form)
    if decision == "allow" and (written := form.get("arguments", "").replace("\r\n", "\n")) != _as_sent(form):
        answer["arguments"] = request_form.json_object(written, "arguments")
    return answer


def _as_sent(form: Mapping[str, str]) -> str:
    return form.get("shown_arguments", "").replace("\r\n", "\n")


def _default(request: HumanRequest) -> Mapping[str, Any]:
    return request.answer or {} if request.on_expiry == "default" else {}


def _closed(request: HumanRequest, who: str | None) -> str:
    if request.state == RequestState.ANSWERED:
        word = {"allow": "allowed", "deny": "denied"}.get(request.decision or "", "answered")
        return f"{who or 'HELIX'} has {word} this."
    if request.state == RequestState.WITHDRAWN:
        return "The run that asked this has ended, so that it needs no answer any more."
    if request.state == RequestState.EXPIRED or request.expires_at <= clock.now():
        return "Nobody answered this in time."
    return "Somebody who manages this board has to answer it."


def _lines(arguments: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, value if isinstance(value, str) else _json(value)) for name, value in arguments.items()]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
