"""Calls that a model repeats: told to it, and after one more the run ends."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from helix.extensions import db
from helix.models import ToolCall
from helix.models.vocabulary import ENDED_CALLS

# The same call with the same result: after this many the model is told, after one more the run fails.
REPETITIONS = 3


def is_repeated(call: ToolCall) -> bool:
    """Whether the last calls with the same name and arguments have all brought the same result."""
    same = earlier_results([call])[call.id][-REPETITIONS:]
    return len(same) == REPETITIONS and len(set(same)) == 1


def earlier_results(calls: Sequence[ToolCall]) -> Mapping[int, list[str | None]]:
    """For each call of one conversation, the results of earlier ones with the same name and arguments, oldest first."""
    query = select(ToolCall.id, ToolCall.name, ToolCall.arguments, ToolCall.result).where(
        ToolCall.conversation_id == calls[0].conversation_id,
        ToolCall.name.in_({call.name for call in calls}),
        ToolCall.state.in_(ENDED_CALLS),
    )
    ended = db.session.execute(query.order_by(ToolCall.id)).all()
    return {
        call.id: [
            row.result for row in ended if row.id < call.id and (row.name, row.arguments) == (call.name, call.arguments)
        ]
        for call in calls
    }
