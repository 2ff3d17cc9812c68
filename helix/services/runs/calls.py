"""The tool calls of a run, and their API representation."""

from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import defer

from helix.clock import iso
from helix.errors import NotFound
from helix.extensions import db
from helix.models import HumanRequest, Run, Tool, ToolCall
from helix.policies.actor import Actor
from helix.services.runs.read import get

# Characters of a result; `call_of` and a run's trace have all of it.
BEGINNING_LENGTH = 2_000


class FoundCall(NamedTuple):
    """A call with the newest request to people that it has led to. The result and late result are not loaded.

    `title` is that of its tool, empty for a tool that is gone. `beginning`: the first `BEGINNING_LENGTH` characters of
    the result, of the `length` that it has.
    """

    call: ToolCall
    request_id: int | None
    title: str
    beginning: str | None
    length: int


def calls_of(actor: Actor, run_id: int, *, limit: int = 200, offset: int = 0) -> tuple[list[FoundCall], int]:
    """What the run and the attempts that it continues have called, oldest first, and the total.

    Raises NotFound for an actor who does not see the task.
    """
    run = get(actor, run_id)
    found = [FoundCall(*row) for row in db.session.execute(_found(run).limit(limit).offset(offset))]
    return found, db.session.scalar(select(func.count(ToolCall.id)).where(_until(run))) or 0


def of_run(run: Run) -> list[FoundCall]:
    """As `calls_of`, all of them, for a run whose visibility was checked already."""
    return [FoundCall(*row) for row in db.session.execute(_found(run))]


def call_of(actor: Actor, run_id: int, call_id: int) -> ToolCall:
    """One of the calls of `calls_of`, with its whole result. Raises NotFound."""
    call = db.session.scalar(select(ToolCall).where(ToolCall.id == call_id, _until(get(actor, run_id))))
    if call is None:
        raise NotFound("This run has no such call.")
    return call


def serialize_calls(found: list[FoundCall]) -> list[dict[str, Any]]:
    """The API representation."""
    return [
        {
            "id": call.id,
            "run_id": call.run_id,
            "name": call.name,
            "arguments": call.arguments,
            "edited_arguments": call.edited_arguments,
            "state": call.state,
            "decided_because": call.decided_because,
            "result": beginning,
            "result_length": length,
            "is_error": call.is_error,
            "milliseconds": call.milliseconds,
            "cost_usd": None if call.cost_usd is None else float(call.cost_usd),
            "started_at": iso(call.started_at),
            "finished_at": iso(call.finished_at),
            "request_id": request_id,
        }
        for call, request_id, _title, beginning, length in found
    ]


def _until(run: Run) -> ColumnElement[bool]:
    """A condition on ToolCall: of the run, or of an attempt that it continues.

    A call that one attempt has asked for may be executed by the next one.
    """
    return or_(
        ToolCall.run_id == run.id, (ToolCall.conversation_id == run.conversation_id) & (ToolCall.run_id < run.id)
    )


def _found(run: Run) -> Select[Any, Any, Any, Any, Any]:
    asked = (
        select(func.max(HumanRequest.id))
        .where(HumanRequest.tool_call_id == ToolCall.id)
        .correlate(ToolCall)
        .scalar_subquery()
    )
    columns = (
        asked,
        func.coalesce(Tool.title, ""),
        func.substr(ToolCall.result, 1, BEGINNING_LENGTH),
        func.coalesce(func.length(ToolCall.result), 0),
    )
    query = select(ToolCall, *columns).outerjoin(Tool, Tool.id == ToolCall.tool_id).where(_until(run))
    texts = defer(ToolCall.result), defer(ToolCall.late_result)
    return query.options(*texts).order_by(ToolCall.message_number, ToolCall.ordinal)
