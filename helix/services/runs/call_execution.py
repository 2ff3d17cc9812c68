"""Executes the calls of a run.

A call's state is written before its effect and after it, each time under the run's fence. So a worker that takes over
knows of every call whether it was never begun, is done, or may have taken effect.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from helix import clock, live, mcp
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import HumanRequest, Run, Task, Tool, ToolCall
from helix.models.vocabulary import ENDED_CALLS, RequestKind, ToolCallState
from helix.policies.actor import agent_actor
from helix.services import budgets, requests, tools
from helix.services.runs import call_decisions
from helix.services.runs.claim import Claim
from helix.services.runs.conversation import Conversation
from helix.services.runs.fenced import ClaimLost, lock_with_call
from helix.services.runs.interrupts import Interruptible
from helix.services.runs.retry_on_db_loss import retry_on_db_loss
from helix.services.tools import GrantedTool, StoredContent, ToolContext, ToolFailed, ToolResult
from helix.services.work import trace
from helix.services.work.open_requests import is_open

log = logging.getLogger(__name__)

S = ToolCallState
# How often a call that can be repeated is tried after its worker was lost.
MAX_TRIES = 3
# Characters of a late result that are shown to the person who is asked about the call.
LATE_LENGTH = 20_000
BROKEN = "{} broke on our side. Go on without it."


@dataclass(frozen=True)
class _Begun:
    """A call that is stored as begun, with what executing it takes."""

    context: ToolContext
    found: GrantedTool
    arguments: dict[str, Any]
    # Of a call that its server goes on with: what it wanted back, and the answer.
    server_state: dict[str, Any] | None

    @property
    def is_transactional(self) -> bool:
        return self.found.is_builtin and tools.is_transactional(self.found.tool.name)


@dataclass(frozen=True)
class _Unknown:
    """It cannot be told whether a call took effect; `why` says what happened."""

    why: str


_Outcome = ToolResult | mcp.Elicitation | _Unknown
# Given the locked run and the call, in the transaction in which the call ends: the conversation with its answer.
AtEnd = Callable[[Run, ToolCall], Conversation | None]


def advance(
    claim: Claim,
    conversation: Conversation,
    servers: mcp.Sessions,
    interruptible: Interruptible,
    call_id: int,
    at_end: AtEnd,
) -> Conversation | None:
    """Bring one call as far as it goes without a person. Raises ClaimLost, Interrupted and NoProgress.

    Returns what `at_end` does. None when the call was not executed, or has not ended.
    """
    begun = retry_on_db_loss(_begin, claim, conversation, call_id)
    if begun is None:
        return None
    if begun.is_transactional:
        return _execute_with_state(claim, begun, at_end)
    # What cannot be repeated gets time to finish when the worker is told to stop.
    with interruptible(patient=not begun.found.tool.repeatable):
        outcome = _execute(begun, servers)
    return _store(claim, begun, outcome, at_end)


def _begin(claim: Claim, conversation: Conversation, call_id: int) -> _Begun | None:
    """Decide on a call, and store that it begins. None when it does not."""
    with transaction() as after_commit:
        run, task, call = lock_with_call(claim, call_id)
        # As it is now: it may have been changed or switched off since the run began.
        found = tools.of_call(run.agent_id, call.tool_id, task)
        if call.state == S.STARTED and call.fence == claim.fence:
            # By this claim, in a commit whose answer was lost: the effect has not begun.
            call.state, call.tries = S.APPROVED, call.tries - 1
        if call.state == S.STARTED:
            _recover(run, task, call, found)
        if call.state in (S.PLANNED, S.APPROVED):
            refusal = call_decisions.decide(run, task, conversation, call, found)
            if refusal is not None:
                _end(run, call, ToolResult(refusal, is_error=True), state=S.DENIED)
        if call.state != S.APPROVED:
            return None
        assert found is not None  # else refused
        begun = _Begun(
            _context(run, task, call, found),
            found,
            (call.arguments if call.edited_arguments is None else call.edited_arguments) or {},
            call.server_state,
        )
        if not begun.is_transactional:
            call.state = S.STARTED
            after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
        call.fence, call.started_at = claim.fence, clock.now()
        call.tries += 1
        return begun


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


def _recover(run: Run, task: Task, call: ToolCall, found: GrantedTool | None) -> None:
    """A call whose worker died in it: repeat it where that does no harm, else ask whether it took effect."""
    if found is None or not found.tool.repeatable:
        ask_whether_done(run, task, call, "The worker was lost in the middle of this call.")
    elif call.tries < MAX_TRIES:
        call.state = S.APPROVED
    else:
        _end(run, call, ToolResult(f"{call.name} was cut off {MAX_TRIES} times.", is_error=True))


def unknown_calls(run: Run) -> list[ToolCall]:
    """The calls of a run's conversation that were begun, may have taken effect, and must not be repeated."""
    query = (
        select(ToolCall)
        .outerjoin(Tool, Tool.id == ToolCall.tool_id)
        .where(
            ToolCall.conversation_id == run.conversation_id,
            ToolCall.state == S.STARTED,
            Tool.repeatable.is_not(True),
        )
        .order_by(ToolCall.id)
        .with_for_update(of=ToolCall)
    )
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def ask_whether_done(run: Run, task: Task, call: ToolCall, why: str) -> None:
    body = f"{why} It cannot be told whether it took effect."
    if call.late_result is not None:
        body += f"\n\n{_late(call)}"
    requests.ask(run, task, call, kind=RequestKind.UNCERTAIN, title=f"Was {call.name} carried out?", body=body)


def _execute_with_state(claim: Claim, begun: _Begun, at_end: AtEnd) -> Conversation | None:
    """Execute a call that only writes our database: its effect and its state are one, both happen or neither does."""
    context, name = begun.context, begun.found.tool.name

    def execute(stored: StoredContent | None) -> Conversation | None:
        with transaction() as after_commit:
            run, task, call = lock_with_call(claim, context.call_id)
            if call.state in ENDED_CALLS:
                return None  # by the commit whose answer was lost
            result = tools.run_builtin(context, name, begun.arguments, stored=stored)
            after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
            if result.waits_for_task is not None:
                call.state = S.WAITING
                return None
            _end(run, call, result)
            return at_end(run, call)

    try:
        with tools.stored_content(name, begun.arguments) as stored:
            return retry_on_db_loss(execute, stored)
    except (ClaimLost, SQLAlchemyError):
        raise
    except Exception:
        log.exception("Tool %s broke", name)
        return _store(claim, begun, ToolResult(BROKEN.format(name), is_error=True), at_end)


def _execute(begun: _Begun, servers: mcp.Sessions) -> _Outcome:
    """Execute a call. An error of ours is an error for the model to read, and does not end the run."""
    name = begun.found.name
    try:
        if begun.found.is_builtin:
            return tools.run_builtin(begun.context, name, begun.arguments)
        return _call_server(begun, servers)
    except Exception:
        log.exception("Tool %s broke", name)
        return ToolResult(BROKEN.format(name), is_error=True)


def _call_server(begun: _Begun, servers: mcp.Sessions) -> _Outcome:
    found, state = begun.found, begun.server_state or {}
    # Before the call: connecting expires what the session has loaded.
    name, repeatable, brings_untrusted = found.tool.name, found.tool.repeatable, found.facts.brings_untrusted

    def call(server: mcp.Server) -> mcp.CallResult | mcp.Elicitation:
        return servers.call(server, name, begun.arguments, state=state.get("state"), answer=state.get("answer"))

    try:
        result = tools.use_server(found.source.id, call)
    except ToolFailed as failure:
        return ToolResult(str(failure), is_error=True)
    except mcp.McpFailed as failure:
        if failure.is_uncertain and not repeatable:
            return _Unknown(str(failure))
        return ToolResult(str(failure), is_error=True)
    if isinstance(result, mcp.CallResult):
        return ToolResult(result.text, is_error=result.is_error, brings_untrusted=brings_untrusted)
    if result.calls_again and not repeatable:
        words = (
            f"The server asked a person in the middle of the call: {result.message[:500]} It goes on only when it is "
            "called again with the answer, and this tool must not be called twice. So the call was cancelled."
        )
        return ToolResult(words, is_error=True, brings_untrusted=True)
    return result


def _store(claim: Claim, begun: _Begun, outcome: _Outcome, at_end: AtEnd) -> Conversation | None:
    """Store what came of a call, under the fence."""

    def store() -> Conversation | None:
        with transaction() as after_commit:
            run, task, call = lock_with_call(claim, begun.context.call_id)
            if call.state in ENDED_CALLS or call.fence != claim.fence:
                return None  # by the commit whose answer was lost
            if isinstance(outcome, ToolResult):
                _end(run, call, outcome)
                after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
                return at_end(run, call)
            if call.state == S.STARTED and isinstance(outcome, _Unknown):
                ask_whether_done(run, task, call, outcome.why)
            elif call.state == S.STARTED and isinstance(outcome, mcp.Elicitation):
                _ask_for_server(run, task, call, begun.found, outcome)
            return None

    try:
        return retry_on_db_loss(store)
    except ClaimLost:
        if isinstance(outcome, ToolResult):
            _keep_late(begun.context.call_id, outcome)
        raise


def _ask_for_server(run: Run, task: Task, call: ToolCall, found: GrantedTool, asked: mcp.Elicitation) -> None:
    """Ask a person what the server wants to know. The call goes on with the answer."""
    call.server_state = {"state": asked.state}
    # Its question is the text of a stranger.
    run.has_untrusted = True
    requests.ask(
        run,
        task,
        call,
        kind=RequestKind.QUESTION,
        title=f"{found.source.title} asks: {asked.message}",
        body=f"The server of {call.name} asks this. What you answer is sent to it.\n\n{asked.message}",
        schema=asked.schema,
        on_expiry="fail",
        asked_by_server=True,
    )


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
    return f"After that it brought this:\n\n{(call.late_result or '')[:LATE_LENGTH]}"


def _end(run: Run, call: ToolCall, result: ToolResult, *, state: ToolCallState | None = None) -> None:
    """Store the result of a call and what it cost, and show both in the run's trace."""
    call.state = state or (S.FAILED if result.is_error else S.DONE)
    call.result, call.is_error = result.text, result.is_error
    call.finished_at = now = clock.now()
    call.milliseconds = int((now - call.started_at).total_seconds() * 1000) if call.started_at else None
    if result.brings_untrusted:
        run.has_untrusted = True
    if result.cost_usd is not None:
        call.cost_usd = result.cost_usd
        run.cost_usd = (run.cost_usd or Decimal(0)) + result.cost_usd
        budgets.settle(run, result.cost_usd)
    trace.add_call(run, call)
