"""Calls that a model repeats: told to it, and after one more the run ends."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from helix.db.read import rows
from helix.models import ToolCall
from helix.models.types import Id
from helix.models.vocabulary import ENDED_CALLS
from helix.prompt.message import ToolCall as RequestedCall
from helix.services.runs.conversation import Conversation

# The same call with the same result: after this many the model is told, after one more the run fails.
REPETITIONS = 3

_ENDED = (
    select(ToolCall.id, ToolCall.name, ToolCall.arguments, ToolCall.result)
    .where(
        ToolCall.conversation_id == bindparam("conversation", type_=Id),
        ToolCall.name.in_(bindparam("names", expanding=True)),
        ToolCall.state.in_(ENDED_CALLS),
    )
    .order_by(ToolCall.id)
)


def is_repeated(conversation: Conversation, call: ToolCall) -> bool:
    """Whether the last calls with the same name and arguments have all brought the same result."""
    same = earlier_results(conversation, [call], at_least=REPETITIONS)[call.id][-REPETITIONS:]
    return len(same) == REPETITIONS and len(set(same)) == 1


def earlier_results(
    conversation: Conversation, calls: Sequence[ToolCall], *, at_least: int
) -> Mapping[int, list[str | None]]:
    """For each call, the results of earlier ones with the same name and arguments, oldest first.

    Empty for a call without `at_least` such ones in the conversation: most calls are new, and need no statement.
    """
    asked = [(stored_name(one), arguments_of(one)) for one in conversation.calls]
    # More than the call itself.
    repeated = [call for call in calls if asked.count((call.name, call.arguments)) > at_least]
    names = {call.name for call in repeated}
    ended = rows(_ENDED, conversation=conversation.id, names=names) if names else ()
    return {call.id: [] for call in calls} | {
        call.id: [
            row.result for row in ended if row.id < call.id and (row.name, row.arguments) == (call.name, call.arguments)
        ]
        for call in repeated
    }


def stored_name(call: RequestedCall) -> str:
    return call.name[:200]


def arguments_of(call: RequestedCall) -> dict[str, Any] | None:
    """The arguments as an object; None when they are anything else. No text stands for no arguments."""
    try:
        value = json.loads(call.arguments or "{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
