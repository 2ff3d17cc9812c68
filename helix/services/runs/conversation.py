"""The messages of a chain of attempts: stored verbatim, so that a later attempt goes on where the last one stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, insert, select

from helix.db.read import rows
from helix.db.write import table, write
from helix.llm import Completion, Window
from helix.models import Run, RunMessage
from helix.models.types import Id
from helix.prompt import ContextTooLong
from helix.prompt.message import Message, ToolCall

_MESSAGES = (
    select(RunMessage.number, RunMessage.role, RunMessage.body)
    .where(RunMessage.conversation_id == bindparam("conversation", type_=Id))
    .order_by(RunMessage.number)
)
_OF_RUN = select(Run.conversation_id).where(Run.id == bindparam("run", type_=Id))
# In place of a result that was removed to make room.
REMOVED = "[A result of {} characters was removed to make room. Call the tool again if you need it.]"
_NEW = insert(table(RunMessage))


@dataclass(frozen=True)
class Conversation:
    """Numbered messages, oldest first. `id` is that of the chain's first run."""

    id: int
    bodies: tuple[dict[str, Any], ...]

    @property
    def last_number(self) -> int:
        return len(self.bodies)

    @property
    def messages(self) -> list[Message]:
        return [message_of(body) for body in self.bodies]

    @property
    def awaits_results(self) -> bool:
        """Whether the last message asks for tool calls."""
        return bool(self.bodies) and bool(self.bodies[-1].get("tool_calls"))


def read(run_id: int) -> Conversation:
    """The conversation that the run continues, or an empty one with the run's own id."""
    (found,) = rows(_OF_RUN, run=run_id)
    if found.conversation_id is None:
        return Conversation(run_id, ())
    return Conversation(
        found.conversation_id, tuple(row.body for row in rows(_MESSAGES, conversation=found.conversation_id))
    )


def begin(run: Run, messages: Sequence[Message]) -> Conversation:
    """Store the first messages of a locked run, inside a transaction."""
    run.conversation_id = run.id
    bodies = tuple({"role": message.role, "content": message.content} for message in messages)
    return extend(run, Conversation(run.id, ()), bodies)


def extend(run: Run, conversation: Conversation, bodies: Sequence[dict[str, Any]]) -> Conversation:
    """Append messages under the run's lock, inside a transaction."""
    if bodies:
        write(
            _NEW,
            [
                {
                    "conversation_id": conversation.id,
                    "number": number,
                    "role": body["role"],
                    "body": body,
                    "run_id": run.id,
                }
                for number, body in enumerate(bodies, conversation.last_number + 1)
            ],
        )
    return Conversation(conversation.id, (*conversation.bodies, *bodies))


def body_of(completion: Completion) -> dict[str, Any]:
    """The model's message as it is stored: verbatim where the client has it."""
    if completion.body is not None:
        return completion.body
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in completion.tool_calls
    ]
    return {"role": "assistant", "tool_calls": calls} | ({"content": completion.text} if completion.text else {})


def fit(conversation: Conversation, count: Callable[[Sequence[Message]], int], room: Window) -> list[Message]:
    """The messages within the model's window: the oldest results of tools give way first. Raises ContextTooLong."""
    messages = conversation.messages
    limit = room.context - room.max_output
    for place, message in enumerate(messages):
        if count(messages) <= limit:
            return messages
        if message.role == "tool" and len(message.content) > len(REMOVED):
            messages[place] = replace(message, content=REMOVED.format(len(message.content)))
    if count(messages) <= limit:
        return messages
    raise ContextTooLong(
        f"The conversation is too long for this model's window of {room.context:,} tokens. Choose another one."
    )


def message_of(body: dict[str, Any]) -> Message:
    """A stored message as the model client takes it. Messages of the assistant go back verbatim."""
    content = str(body.get("content") or "")
    if body["role"] == "tool":
        return Message("tool", content, tool_call_id=body["tool_call_id"])
    if body["role"] == "assistant":
        calls = tuple(
            ToolCall(call["id"], call["function"]["name"], call["function"]["arguments"])
            for call in body.get("tool_calls") or ()
        )
        return Message("assistant", content, tool_calls=calls, body=body)
    return Message(body["role"], content)
