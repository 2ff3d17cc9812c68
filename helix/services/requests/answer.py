import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from helix import clock
from helix.db.transaction import transaction
from helix.db.write import write
from helix.errors import Conflict, Forbidden, HelixError, Invalid, NotFound
from helix.extensions import db
from helix.models import AgentTool, HumanRequest, Tool, ToolCall, User
from helix.models.vocabulary import AnswerScope, RequestKind, RequestState
from helix.policies import requests as policy
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.requests import effects
from helix.services.requests.locked import Locked, locked
from helix.services.requests.validation import check, cleaned
from helix.services.work.open_requests import UNANSWERED
from helix.text.cleaning import clean
from helix.text.times import shown

LONGEST_NOTE = 20_000
LARGEST_VALUES = 200_000
MOST_AT_ONCE = 100


@dataclass(frozen=True)
class Answer:
    """The answer to one request, for `answer_many`."""

    request_id: int
    decision: str
    values: Mapping[str, Any] | None = None
    note: str = ""
    scope: str = AnswerScope.ONCE
    arguments: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of an answer: the error that refused it, None if it counts."""

    request_id: int
    error: HelixError | None = field(default=None)


def answer(
    actor: Actor,
    request_id: int,
    *,
    decision: str,
    values: Mapping[str, Any] | None = None,
    note: str = "",
    scope: str = AnswerScope.ONCE,
    arguments: Mapping[str, Any] | None = None,
    via: str,
) -> HumanRequest:
    """Answer a request, and queue its run again when it waits for no other answer. `via` is page, api or telegram.

    Raises NotFound for an actor who may not see the task, Forbidden for one who may not answer, Conflict when it is
    answered, expired or withdrawn, Invalid for values that do not fit the schema, and for a decision or scope that it
    does not offer.
    """
    with transaction():
        found = locked(request_id)
        if found is None or found.task.deleted_at is not None or not policy.may_see(actor, found.task):
            raise NotFound("There is no such request.")
        task, run, call, request = found
        if not policy.may_answer(actor, task, request.kind):
            raise Forbidden(_refusal(request.kind))
        _refuse_closed(actor, found)
        assert run is not None
        _refuse_decision(request, decision, scope)
        request.answer = _values(request, decision, values)
        edited = _edited(request, call, decision, arguments)
        request.state, request.decision = RequestState.ANSWERED, decision
        request.note = clean(note).strip()
        if len(request.note) > LONGEST_NOTE:
            raise Invalid.field("note", f"Give at most {LONGEST_NOTE:,} characters.")
        request.scope = AnswerScope(scope) if decision == "allow" and request.kind == RequestKind.APPROVAL else None
        request.answered_by_user_id, request.answered_via, request.answered_at = actor.user_id, via, clock.now()
        if call is not None and request.kind != RequestKind.BUDGET:
            effects.answered(run, call, request, by=actor.name, arguments=edited)
            if request.scope == AnswerScope.ALWAYS:
                _allow_always(actor, run.agent_id, call)
        activity.record_task(
            actor,
            "request.answered",
            task,
            request_id=request.id,
            run_id=run.id,
            kind=request.kind,
            decision=decision,
            via=via,
            **({"scope": request.scope} if request.scope else {}),
        )
        effects.resume(task, run, request)
    return request


def answer_many(actor: Actor, answers: Sequence[Answer], *, via: str) -> list[Outcome]:
    """Several answers, each in a transaction of its own: one that is refused keeps no other from counting."""
    if len(answers) > MOST_AT_ONCE:
        raise Invalid.field("answers", f"Give at most {MOST_AT_ONCE} answers at once.")
    outcomes = []
    for one in answers:
        try:
            answer(
                actor,
                one.request_id,
                decision=one.decision,
                values=one.values,
                note=one.note,
                scope=one.scope,
                arguments=one.arguments,
                via=via,
            )
            outcomes.append(Outcome(one.request_id))
        except (NotFound, Forbidden, Conflict, Invalid) as error:
            outcomes.append(Outcome(one.request_id, error))
    return outcomes


def _refusal(kind: RequestKind) -> str:
    if kind == RequestKind.BUDGET:
        return "You may see this request but not grant money: that takes managing its board."
    return "You may see this request but not answer it: the task is somebody else's, and you do not manage its board."


def _refuse_closed(actor: Actor, found: Locked) -> None:
    request = found.request
    if request.state == RequestState.ANSWERED:
        who = db.session.get(User, request.answered_by_user_id) if request.answered_by_user_id else None
        name = who.shown_name if who else "HELIX"
        assert request.answered_at is not None
        raise Conflict(
            f"{name} answered this on {shown(request.answered_at, actor.zone)}.",
            answered_by=name,
            answered_at=clock.iso(request.answered_at),
        )
    if request.state == RequestState.EXPIRED or request.expires_at <= clock.now():
        raise Conflict(
            f"This request expired on {shown(request.expires_at, actor.zone)}, because nobody had answered it by then."
        )
    call_moved_on = found.call is not None and found.call.state not in UNANSWERED
    if request.state == RequestState.WITHDRAWN or found.run is None or call_moved_on:
        raise Conflict("The run that asked this has ended, so that it needs no answer any more.")


def _refuse_decision(request: HumanRequest, decision: str, scope: str) -> None:
    offered = policy.DECISIONS[request.kind]
    if decision not in offered:
        raise Invalid.field("decision", f"This is a request of the kind {request.kind}. Send {' or '.join(offered)}.")
    if scope == AnswerScope.ONCE:
        return
    if request.kind != RequestKind.APPROVAL or decision != "allow":
        raise Invalid.field("scope", "Only a call that is allowed has a scope beyond once.")
    if scope not in request.scopes:
        offers = " or ".join(dict.fromkeys([AnswerScope.ONCE, *request.scopes]))
        raise Invalid.field("scope", f"This call can be allowed {offers}.")


def _values(request: HumanRequest, decision: str, values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What the answer carries, cleaned and checked. A denial carries nothing but its note."""
    if decision == "deny":
        if values:
            raise Invalid.field("values", "A denial has no values. Put your reason into the note.")
        return None
    found = _of_limited_size(values or {}, "values")
    check(request.schema or {"type": "object"}, found, "values")
    return found


def _edited(
    request: HumanRequest, call: ToolCall | None, decision: str, arguments: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """The arguments to call the tool with instead of the model's, None for the model's own."""
    if arguments is None:
        return None
    if request.kind != RequestKind.APPROVAL or decision != "allow" or call is None:
        raise Invalid.field("arguments", "Only a call that is allowed has arguments to change.")
    found = _of_limited_size(arguments, "arguments")
    tool = db.session.get(Tool, call.tool_id) if call.tool_id else None
    if tool is None:
        raise Conflict("The tool of this call does not exist any more. Deny the call.")
    check(tool.input_schema, found, "arguments")
    return None if found == call.arguments else found


def _of_limited_size(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = cleaned(values, name)
    if len(json.dumps(found, ensure_ascii=False)) > LARGEST_VALUES:
        raise Invalid.field(name, f"Give at most {LARGEST_VALUES:,} characters.")
    return found


def _allow_always(actor: Actor, agent_id: int, call: ToolCall) -> None:
    """Record that this person has allowed all calls of this agent and tool."""
    tool = db.session.get(Tool, call.tool_id) if call.tool_id else None
    if tool is None:
        raise Conflict("The tool of this call does not exist any more. Deny the call.")
    given = {"always_by_user_id": actor.user_id, "always_at": clock.now()}
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(AgentTool)
    granted = insert.values(
        agent_id=agent_id,
        tool_id=tool.id,
        policy=tool.default_policy,
        limits={},
        granted_by_user_id=actor.user_id,
        granted_at=clock.now(),
        **given,
    )
    # Another answer may insert the grant at this moment.
    write(granted.on_conflict_do_update(index_elements=["agent_id", "tool_id"], set_=given))
