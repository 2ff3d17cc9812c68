"""Behaviours of the model server for agents with tools: what the model says in each of its turns.

    provider.behave("clerk", turns([("list_files", {})], "There are none."))

A turn is text, or a list of calls as (name, arguments). Which turn it is follows from the conversation that is sent, so
the server needs no memory, and a later attempt goes on where the last one stopped.
"""

from collections.abc import Callable, Sequence
from typing import Any

from tests.support import tool_streams
from tests.support.model_reply import Reply

Turn = str | Sequence[tuple[str, dict[str, Any]]]


def turns(*wanted: Turn) -> Callable[[Reply], None]:
    """After its last turn the model repeats that one."""

    def behaviour(reply: Reply) -> None:
        said = sum(message["role"] == "assistant" for message in reply.body["messages"])
        turn = wanted[min(said, len(wanted) - 1)]
        if isinstance(turn, str):
            reply.open()
            reply.piece(turn)
            reply.finish()
        else:
            tool_streams.replay(tool_streams.openai(turn))(reply)

    return behaviour


def results_sent(request: Any) -> list[str]:
    """The results of tools in a recorded request, in order."""
    return [message["content"] for message in request.body["messages"] if message["role"] == "tool"]
