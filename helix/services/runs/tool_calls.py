"""The tool calls of a run: planned with the model's message, decided, executed, and answered to the model.

A call's state is written before its effect and after it, each time under the run's fence. So a worker that takes over
knows of every call whether it was never begun, is done, or may have taken effect.
"""

import json
import logging
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import HumanRequest, Run, Task, ToolCall
from helix.models.vocabulary import (
    AnswerScope,
    RequestKind,
    RequestState,
    StepKind,
    ToolCallState,
    Trigger,
)
from helix.policies import tools as policy
from helix.policies.actor import agent_actor
from helix.prompt import blocks
from helix.prompt.message import ToolCall as RequestedCall
from helix.services import requests, tools
from helix.services.runs.claim import Claim
from helix.services.runs.conversation import Conversation, extend, stored_since
from helix.services.runs.fenced import ClaimLost, add_step, lock_with_task, show_progress
from helix.services.runs.interrupts import Interruptible
from helix.services.runs.retry_on_db_loss import retry_on_db_loss
from helix.services.tools import GrantedTool, StoredContent, ToolContext, ToolResult
from helix.services.work.open_requests import is_open

log = logging.getLogger(__name__)

S = ToolCallState
ENDED = (S.DONE, S.FAILED, S.DENIED, S.SKIPPED)
MAX_CALLS = 60
# How often a call that can be repeated is tried after its worker was lost.
MAX_TRIES = 3
# Characters of a result that the model gets at once; the rest by read_result.
RESULT_LENGTH = 20_000
# The same call with the same result: after this many the model is told, after one more the run fails.
REPETITIONS = 3


BROKEN = "{} broke on our side. Go on without it."


class NoProgress(Exception):
    """The model repeats a call that has brought the same result several times."""


@dataclass(frozen=True)
class Progress:
    """`waits`: a person has to answer before the run can go on. Otherwise the results are part of the conversation."""

    waits: bool
    conversation: Conversation


def plan(run: Run, conversation: Conversation, granted: Sequence[GrantedTool], calls: Sequence[RequestedCall]) -> None:
    """Store the calls of the last message, in the transaction that stores it."""
    by_name = {one.name: one for one in granted}
    for ordinal, call in enumerate(calls):
        known = by_name.get(call.name)
        db.session.add(
            ToolCall(
                conversation_id=conversation.id,
                run_id=run.id,
                message_number=conversation.last_number,
                ordinal=ordinal,
                provider_call_id=call.id,
                tool_id=known.tool.id if known else None,
                name=call.name[:200],
                arguments=_object(call.arguments),
            )
        )
    run.tool_call_count += len(calls)


def progress(
    claim: Claim,
    conversation: Conversation,
    granted: Sequence[GrantedTool],
    interruptible: Interruptible = nullcontext,
) -> Progress:
    """Decide and execute the calls of the last message. Raises ClaimLost, NoProgress and Interrupted.

    `interruptible` surrounds what takes time: an `Interrupted` may be raised in it at any moment.
    """
    for call_id in retry_on_db_loss(_open_calls, conversation):
        # A worker that is told to stop begins no other call.
        with interruptible():
            pass
        _advance(claim, conversation, granted, interruptible, call_id)
    return retry_on_db_loss(_store_results, claim, conversation)


def _store_results(claim: Claim, conversation: Conversation) -> Progress:
    with transaction():
        run, _task = lock_with_task(claim)
        stored = stored_since(conversation, run.id)
        if stored is not None:
            return Progress(False, stored)  # by the commit whose answer was lost
        calls = _last_calls(conversation)
        if any(call.state not in ENDED for call in calls):
            return Progress(True, conversation)
        by_people = _ended_by_people(calls)
        for call in calls:
            if call.id in by_people:
                trace(run, call)
        bodies = [{"role": "tool", "tool_call_id": call.provider_call_id, "content": _content(call)} for call in calls]
        return Progress(False, extend(run, conversation, bodies))


def _object(arguments: str) -> dict[str, Any] | None:
    """The arguments as an object; None when they are anything else. No text stands for no arguments."""
    try:
        value = json.loads(arguments or "{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _open_calls(conversation: Conversation) -> list[int]:
    query = select(ToolCall.id).where(
        ToolCall.conversation_id == conversation.id,
        ToolCall.message_number == conversation.last_number,
        ToolCall.state.not_in(ENDED),
    )
    return list(db.session.scalars(query.order_by(ToolCall.ordinal)))


def _last_calls(conversation: Conversation) -> list[ToolCall]:
    query = select(ToolCall).where(
        ToolCall.conversation_id == conversation.id, ToolCall.message_number == conversation.last_number
    )
    return list(db.session.scalars(query.order_by(ToolCall.ordinal).execution_options(populate_existing=True)))


def _ended_by_people(calls: Sequence[ToolCall]) -> set[int]:
    """The calls whose result is what a person has said, or that nobody has: their answers do not write the trace."""
    query = select(HumanRequest).where(HumanRequest.tool_call_id.in_([call.id for call in calls]))
    newest = {request.tool_call_id: request for request in db.session.scalars(query.order_by(HumanRequest.id))}
    return {
        call_id
        for call_id, request in newest.items()
        if call_id is not None
        and (request.state == RequestState.EXPIRED or request.decision in ("deny", "answer"))
        and (request.answer or {}).get("outcome") != "again"
    }


def _advance(
    claim: Claim,
    conversation: Conversation,
    granted: Sequence[GrantedTool],
    interruptible: Interruptible,
    call_id: int,
) -> None:
    """Bring one call as far as it goes without a person."""
    begun = retry_on_db_loss(_begin, claim, conversation, granted, call_id)
    if begun is None:
        return
    context, name, arguments = begun
    if tools.is_transactional(name):
        _execute_with_state(claim, context, name, arguments)
    else:
        with interruptible():
            result = _result(context, name, arguments)
        _end_under_fence(claim, call_id, result)


def _begin(
    claim: Claim, conversation: Conversation, granted: Sequence[GrantedTool], call_id: int
) -> tuple[ToolContext, str, dict[str, Any]] | None:
    """Decide on a call, and store that it begins: its context, tool and arguments. None when it does not."""
    with transaction():
        run, task = lock_with_task(claim)
        call = db.session.get_one(ToolCall, call_id, populate_existing=True)
        found = next((one for one in granted if one.tool.id == call.tool_id), None)
        if call.state == S.STARTED and call.fence == claim.fence:
            # By this claim, in a commit whose answer was lost: the effect has not begun.
            call.state, call.tries = S.APPROVED, call.tries - 1
        if call.state == S.STARTED:
            _recover(run, task, call, found)
        if call.state == S.PLANNED:
            _decide(run, task, conversation, call, found)
        if call.state != S.APPROVED:
            return None
        if found is None:
            _end(run, call, ToolResult(f"There is no tool {call.name}.", is_error=True), state=S.DENIED)
            return None
        if not tools.is_transactional(found.tool.name):
            call.state = S.STARTED
            show_progress(run, task)
        call.fence, call.started_at = claim.fence, clock.now()
        call.tries += 1
        context = _context(run, task, call, found)
        arguments = call.arguments if call.edited_arguments is None else call.edited_arguments
        return context, found.tool.name, arguments or {}


def _context(run: Run, task: Task, call: ToolCall, found: GrantedTool) -> ToolContext:
    return ToolContext(
        agent_actor(run.agent.id, run.agent.name),
        run.agent_id,
        task.id,
        task.board_id,
        run.id,
        call.id,
        hosts=found.grant.hosts,
    )


def _execute_with_state(claim: Claim, context: ToolContext, name: str, arguments: dict[str, Any]) -> None:
    """Execute a call that only writes our database: its effect and its state are one, both happen or neither does."""

    def execute(stored: StoredContent | None) -> None:
        with transaction():
            run, task = lock_with_task(claim)
            call = db.session.get_one(ToolCall, context.call_id, populate_existing=True)
            if call.state not in ENDED:  # else by the commit whose answer was lost
                _end(run, call, tools.run_builtin(context, name, arguments, stored=stored))
                show_progress(run, task)

    try:
        with tools.stored_content(name, arguments) as stored:
            retry_on_db_loss(execute, stored)
    except (ClaimLost, SQLAlchemyError):
        raise
    except Exception:
        log.exception("Tool %s broke", name)
        _end_under_fence(claim, context.call_id, ToolResult(BROKEN.format(name), is_error=True))


def _end_under_fence(claim: Claim, call_id: int, result: ToolResult) -> None:

    def end() -> None:
        with transaction():
            run, task = lock_with_task(claim)
            call = db.session.get_one(ToolCall, call_id, populate_existing=True)
            if call.state not in ENDED:  # else by the commit whose answer was lost
                _end(run, call, result)
                show_progress(run, task)

    try:
        retry_on_db_loss(end)
    except ClaimLost:
        _keep_late(call_id, result)
        raise


def _result(context: ToolContext, name: str, arguments: dict[str, Any]) -> ToolResult:
    """Execute a call. An error of ours is an error for the model to read, and does not end the run."""
    try:
        return tools.run_builtin(context, name, arguments)
    except Exception:
        log.exception("Tool %s broke", name)
        return ToolResult(BROKEN.format(name), is_error=True)


def _keep_late(call_id: int, result: ToolResult) -> None:
    """What a call brought back after another process had taken over: shown to the person who is asked about it."""
    with transaction():
        call = db.session.get(ToolCall, call_id, populate_existing=True)
        if call is None or call.state not in (S.STARTED, S.UNCERTAIN):
            return
        call.late_result = result.text
        query = select(HumanRequest).where(HumanRequest.tool_call_id == call_id, is_open)
        request = db.session.scalars(query.with_for_update()).one_or_none()
        if request is not None:
            request.body = f"{request.body}\n\n{_late(call)}"


def _late(call: ToolCall) -> str:
    return f"After that it brought this:\n\n{(call.late_result or '')[:RESULT_LENGTH]}"


def _recover(run: Run, task: Task, call: ToolCall, found: GrantedTool | None) -> None:
    """A call whose worker died in it: repeat it where that does no harm, else ask whether it took effect."""
    if found is not None and found.tool.repeatable:
        if call.tries < MAX_TRIES:
            call.state = S.APPROVED
        else:
            _end(run, call, ToolResult(f"{call.name} was cut off {MAX_TRIES} times.", is_error=True))
        return
    call.state = S.UNCERTAIN
    body = "The worker was lost in the middle of this call, and it cannot be told whether it took effect."
    if call.late_result is not None:
        body += f"\n\n{_late(call)}"
    requests.ask(
        run,
        task,
        call,
        kind=RequestKind.UNCERTAIN,
        title=f"Was {call.name} carried out?",
        body=body,
    )


def _decide(run: Run, task: Task, conversation: Conversation, call: ToolCall, found: GrantedTool | None) -> None:
    if run.tool_call_count > MAX_CALLS:
        words = f"This run has used up its {MAX_CALLS} tool calls. Answer with what you have."
        _end(run, call, ToolResult(words, is_error=True), state=S.DENIED)
        return
    if found is None:
        _end(run, call, ToolResult(f"There is no tool {call.name}.", is_error=True), state=S.DENIED)
        return
    same = _same_before(call)[-REPETITIONS:]
    if len(same) == REPETITIONS and len({one.result for one in same}) == 1:
        raise NoProgress
    decision = policy.decide(found.grant, found.facts, _facts(run, conversation, call, found), _run(run))
    call.decided_because = decision.because[:300]
    if isinstance(decision, policy.Deny):
        _end(run, call, ToolResult(decision.because, is_error=True), state=S.DENIED)
    elif isinstance(decision, policy.Ask):
        _ask_approval(run, task, call, decision)
    elif found.facts.asks_person:
        _ask_question(run, task, call)
    else:
        call.state = S.APPROVED


def _ask_approval(run: Run, task: Task, call: ToolCall, decision: policy.Ask) -> None:
    scopes = [AnswerScope.ONCE]
    scopes += [AnswerScope.RUN] if decision.offers_run else []
    scopes += [AnswerScope.ALWAYS] if decision.offers_always else []
    requests.ask(
        run,
        task,
        call,
        kind=RequestKind.APPROVAL,
        title=f"May I call {call.name}?",
        body=decision.because,
        scopes=scopes,
    )


def _ask_question(run: Run, task: Task, call: ToolCall) -> None:
    arguments = call.arguments or {}
    question = str(arguments["question"])
    options = [str(option) for option in arguments.get("options") or ()]
    requests.ask(
        run,
        task,
        call,
        kind=RequestKind.QUESTION,
        title=question,
        # A title is cut.
        body=question if len(question) > requests.LONGEST_TITLE else "",
        options=options,
        on_expiry="default" if arguments.get("default") else "fail",
        default=arguments.get("default"),
    )


def _run(run: Run) -> policy.Run:
    return policy.Run(run.has_untrusted, reads_private=run.reads_private, is_mention=run.trigger == Trigger.MENTION)


def _facts(run: Run, conversation: Conversation, call: ToolCall, found: GrantedTool) -> policy.Call:
    url = str((call.arguments or {}).get("url") or "")
    return policy.Call(
        problem=tools.check_arguments(found.tool, call.arguments),
        host=tools.host_of(url),
        host_is_known=not url or tools.address_is_known(url, _known_texts(run, conversation)),
        calls_in_run=_count(call, ToolCall.conversation_id == conversation.id),
        calls_today=_count(call, ToolCall.started_at >= clock.now() - timedelta(days=1), Run.agent_id == run.agent_id),
        allowed_for_run=call.tool_id is not None and requests.allowed_for_run(run.id, call.tool_id),
    )


def _known_texts(run: Run, conversation: Conversation) -> list[str]:
    """Texts whose addresses may be fetched without asking: those of people, and what certain tools brought."""
    query = select(ToolCall.result).where(
        ToolCall.conversation_id == conversation.id,
        ToolCall.name.in_(tools.known_texts.ADDRESS_SOURCES),
        ToolCall.result.is_not(None),
    )
    return [*tools.known_texts.of_task(run.task_id), *(text for text in db.session.scalars(query) if text)]


def _count(call: ToolCall, *conditions: Any) -> int:
    """Calls of the same tool that were begun."""
    query = select(func.count(ToolCall.id)).join(Run, Run.id == ToolCall.run_id)
    query = query.where(ToolCall.tool_id == call.tool_id, ToolCall.started_at.is_not(None), *conditions)
    return db.session.scalar(query) or 0


def _end(run: Run, call: ToolCall, result: ToolResult, *, state: ToolCallState | None = None) -> None:
    """Store the result of a call, and show both in the run's trace."""
    call.state = state or (S.FAILED if result.is_error else S.DONE)
    call.result, call.is_error = result.text, result.is_error
    call.finished_at = now = clock.now()
    call.milliseconds = int((now - call.started_at).total_seconds() * 1000) if call.started_at else None
    if result.brings_untrusted:
        run.has_untrusted = True
    trace(run, call)


def trace(run: Run, call: ToolCall) -> None:
    """Add the call and its result to the trace."""
    arguments = call.arguments if call.edited_arguments is None else call.edited_arguments
    add_step(
        run,
        StepKind.TOOL_CALL,
        call.name,
        content=json.dumps(arguments, indent=2, ensure_ascii=False),
        started_at=call.started_at or clock.now(),
        state=call.state,
        because=call.decided_because,
        milliseconds=call.milliseconds,
    )
    title = f"Result of {call.name}" if not call.is_error else f"Error of {call.name}"
    add_step(run, StepKind.TOOL_RESULT, title, content=call.result, is_error=call.is_error)


def _content(call: ToolCall) -> str:
    """The result as the model reads it: marked as material, cut, and with a note when it repeats itself."""
    text = call.result or ""
    cut = text[:RESULT_LENGTH]
    if len(cut) < len(text):
        cut += (
            f"\n[Cut: the first {RESULT_LENGTH} of {len(text)} characters. read_result(call={call.id}) has the rest.]"
        )
    content = blocks.as_material(f"result of {call.name}", cut)
    if len([one for one in _same_before(call) if one.result == call.result]) >= REPETITIONS - 1:
        content += (
            f"\nYou have called {call.name} with the same arguments {REPETITIONS} times, with the same result. "
            "Do something else, or answer with what you have."
        )
    return content


def _same_before(call: ToolCall) -> list[ToolCall]:
    """Earlier calls of the conversation with the same name and arguments that have ended."""
    query = select(ToolCall).where(
        ToolCall.conversation_id == call.conversation_id,
        ToolCall.id < call.id,
        ToolCall.name == call.name,
        ToolCall.state.in_(ENDED),
    )
    return [one for one in db.session.scalars(query.order_by(ToolCall.id)) if one.arguments == call.arguments]
