"""Requests to people that a run waits for, as rows. Answering them is in helix/services/requests."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, literal_column, or_, select

from helix import clock, live
from helix.db.locking import lock_all
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import HumanRequest, Run, Task, ToolCall
from helix.models.vocabulary import RequestState, ToolCallState
from helix.services import notifications
from helix.services.work import trace

# With a literal: SQLite uses a partial index only when the condition has the same text.
is_open: ColumnElement[bool] = HumanRequest.state == literal_column("'open'")
UNANSWERED = (ToolCallState.WAITING, ToolCallState.UNCERTAIN)


def chain(run_id: Any) -> ColumnElement[bool]:
    """A condition on Run: the run, or another attempt of its conversation, which goes on with the same requests."""
    conversation = select(Run.conversation_id).where(Run.id == run_id).correlate(None).scalar_subquery()
    return or_(Run.id == run_id, Run.conversation_id == conversation)


def of_chain(run_id: int) -> ColumnElement[bool]:
    """A condition on HumanRequest: asked by the run or another attempt of its conversation."""
    return HumanRequest.run_id.in_(select(Run.id).where(chain(run_id)))


def has_open(run_id: int) -> bool:
    """Whether the run waits for an answer."""
    return bool(rows(select(HumanRequest.id).where(of_chain(run_id), is_open).limit(1)))


def awaits(run: Run) -> bool:
    """Whether the run waits for an answer, or for the task of a call (see delegation)."""
    waiting = select(ToolCall.id).where(
        ToolCall.conversation_id == run.conversation_id, ToolCall.state == ToolCallState.WAITING
    )
    return has_open(run.id) or (run.conversation_id is not None and bool(rows(waiting.limit(1))))


def withdraw_open(run: Run) -> int:
    """Close the open requests of a run that ends, inside a transaction that has locked its task and it. How many."""
    with transaction() as after_commit:
        found = rows(select(HumanRequest.id, HumanRequest.tool_call_id).where(of_chain(run.id), is_open))
        _skip_waiting(run, [row.tool_call_id for row in found])
        if not found:
            return 0
        task, now = db.session.get_one(Task, run.task_id), clock.now()
        for call in lock_all(ToolCall, [row.tool_call_id for row in found if row.tool_call_id]):
            if call.state in UNANSWERED:
                call.state, call.finished_at = ToolCallState.SKIPPED, now
                call.decided_because = "The run ended before anybody answered."
                trace.add_call(run, call)
        for request in lock_all(HumanRequest, [row.id for row in found]):
            request.state = RequestState.WITHDRAWN
            notifications.request_closed(request)
            after_commit(live.publish, "request", request.id, board_id=task.board_id, task_id=task.id)
        return len(found)


def _skip_waiting(run: Run, asked: Sequence[int | None]) -> None:
    """End the calls that wait for tasks. Nobody needs those any more, so that they are cancelled (see delegation)."""
    if run.conversation_id is None:
        return
    waiting = select(ToolCall.id).where(
        ToolCall.conversation_id == run.conversation_id, ToolCall.state == ToolCallState.WAITING
    )
    for call in lock_all(ToolCall, [row.id for row in rows(waiting) if row.id not in asked]):
        call.state, call.finished_at = ToolCallState.SKIPPED, clock.now()
        call.decided_because = "The run ended before its subtask was done."
        trace.add_call(run, call)
