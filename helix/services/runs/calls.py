"""The tool calls of a run, and their API representation."""

from typing import Any, NamedTuple

from sqlalchemy import func, or_, select

from helix.clock import iso
from helix.extensions import db
from helix.models import HumanRequest, ToolCall
from helix.policies.actor import Actor
from helix.services.runs.read import get

# Characters of a result; a run's trace has all of it.
RESULT_LENGTH = 2_000


class FoundCall(NamedTuple):
    """A call with the newest request to people that it has led to."""

    call: ToolCall
    request_id: int | None


def calls_of(actor: Actor, run_id: int, *, limit: int = 200, offset: int = 0) -> tuple[list[FoundCall], int]:
    """What the run and the attempts that it continues have called, oldest first, and the total.

    Raises NotFound for an actor who does not see the task.
    """
    run = get(actor, run_id)
    # A call that one attempt has asked for may be executed by the next one.
    wanted = or_(
        ToolCall.run_id == run.id, (ToolCall.conversation_id == run.conversation_id) & (ToolCall.run_id < run.id)
    )
    asked = (
        select(func.max(HumanRequest.id))
        .where(HumanRequest.tool_call_id == ToolCall.id)
        .correlate(ToolCall)
        .scalar_subquery()
    )
    query = select(ToolCall, asked).where(wanted).order_by(ToolCall.message_number, ToolCall.ordinal)
    found = [FoundCall(call, request_id) for call, request_id in db.session.execute(query.limit(limit).offset(offset))]
    return found, db.session.scalar(select(func.count(ToolCall.id)).where(wanted)) or 0


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
            "result": None if call.result is None else call.result[:RESULT_LENGTH],
            "result_length": len(call.result or ""),
            "is_error": call.is_error,
            "milliseconds": call.milliseconds,
            "cost_usd": None if call.cost_usd is None else float(call.cost_usd),
            "started_at": iso(call.started_at),
            "finished_at": iso(call.finished_at),
            "request_id": request_id,
        }
        for call, request_id in found
    ]
