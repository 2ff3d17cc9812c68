"""The messages of a chain of attempts: stored verbatim, so that a later attempt goes on where the last one stopped."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Integer, bindparam, insert, select

from helix.db.read import rows
from helix.db.write import table, write
from helix.llm import Completion, Window
from helix.models import Run, RunMessage
from helix.models.types import Id
from helix.prompt import ContextTooLong
from helix.prompt.message import Message, ToolCall

_MESSAGES = (
    select(RunMessage.number, RunMessage.role, RunMessage.body, RunMessage.model)
    .where(RunMessage.conversation_id == bindparam("conversation", type_=Id))
    .order_by(RunMessage.number)
)
_LATER = (
    select(RunMessage.id)
    .where(
        RunMessage.conversation_id == bindparam("conversation", type_=Id),
        RunMessage.number > bindparam("number", type_=Integer),
    )
    .limit(1)
)
_OF_RUN = select(Run.conversation_id).where(Run.id == bindparam("run", type_=Id))
# In place of a result that was removed to make room.
REMOVED = "[A result of {} characters was removed to make room. Call the tool again if you need it.]"
_NEW = insert(table(RunMessage))


@dataclass(frozen=True)
class Conversation:
    """Numbered messages, oldest first. `id` is that of the chain's first run.

    `models`: which model wrote each message; None for those of others.
    """

    id: int
    bodies: tuple[dict[str, Any], ...] = ()
    models: tuple[str | None, ...] = ()

    @property
    def last_number(self) -> int:
        return len(self.bodies)

    @property
    def turns(self) -> int:
        return sum(body["role"] == "assistant" for body in self.bodies)

    def messages(self, model: str) -> list[Message]:
        """For this model: what another one wrote is rebuilt, without the fields that only its provider knows."""
        messages: list[Message] = []
        ids: dict[str, str] = {}
        for number, (body, written_by) in enumerate(zip(self.bodies, self.models, strict=True), 1):
            message = message_of(body)
            if message.role == "assistant":
                # Providers hide data in an id as well, and refuse that of another one.
                ids = {} if written_by == model else _new_ids(number, message)
                if written_by != model:
                    calls = tuple(replace(call, id=ids[call.id]) for call in message.tool_calls)
                    message = replace(message, tool_calls=calls, body=None)
            elif message.tool_call_id in ids:
                message = replace(message, tool_call_id=ids[message.tool_call_id])
            messages.append(message)
        return messages

    def results_of(self, name: str) -> list[str]:
        """What calls of this tool have brought, oldest first, as the model was told."""
        results, ids = [], set()
        for body in self.bodies:
            if body["role"] == "assistant":
                # Of this message alone: some providers begin to count again in each one.
                ids = {call["id"] for call in body.get("tool_calls") or () if call["function"]["name"] == name}
            elif body["role"] == "tool" and body["tool_call_id"] in ids:
                results.append(str(body.get("content") or ""))
        return results

    @property
    def calls(self) -> list[ToolCall]:
        """All that models have asked for, oldest first."""
        return [call for body in self.bodies if body["role"] == "assistant" for call in message_of(body).tool_calls]

    @property
    def last_calls(self) -> Sequence[ToolCall]:
        """Those of the last message."""
        return message_of(self.bodies[-1]).tool_calls if self.bodies else ()

    @property
    def awaits_results(self) -> bool:
        """Whether the last message asks for tool calls."""
        return bool(self.bodies) and bool(self.bodies[-1].get("tool_calls"))


def read(run_id: int) -> Conversation:
    """The conversation that the run continues, or an empty one with the run's own id."""
    (found,) = rows(_OF_RUN, run=run_id)
    if found.conversation_id is None:
        return Conversation(run_id)
    stored = rows(_MESSAGES, conversation=found.conversation_id)
    return Conversation(found.conversation_id, tuple(row.body for row in stored), tuple(row.model for row in stored))


def stored_since(conversation: Conversation, run_id: int) -> Conversation | None:
    """The conversation of a claimed run if it has more messages by now. None if it has not."""
    stored = rows(_LATER, conversation=conversation.id, number=conversation.last_number)
    return read(run_id) if stored else None


def begin(run: Run, messages: Sequence[Message]) -> Conversation:
    """Store the first messages of a locked run, inside a transaction."""
    run.conversation_id = run.id
    bodies = tuple({"role": message.role, "content": message.content} for message in messages)
    return extend(run, Conversation(run.id), bodies)


def extend(
    run: Run, conversation: Conversation, bodies: Sequence[dict[str, Any]], *, model: str | None = None
) -> Conversation:
    """Append messages, those of an assistant with its model, under the run's lock, inside a transaction."""
    if bodies:
        write(
            _NEW,
            [
                {
                    "conversation_id": conversation.id,
                    "number": number,
                    "role": body["role"],
                    "body": body,
                    "model": model,
                    "run_id": run.id,
                }
                for number, body in enumerate(bodies, conversation.last_number + 1)
            ],
        )
    models = (*conversation.models, *(model for _body in bodies))
    return Conversation(conversation.id, (*conversation.bodies, *bodies), models)


def body_of(completion: Completion) -> dict[str, Any]:
    """The model's message as it is stored: verbatim where the client has it."""
    if completion.body is not None:
        return completion.body
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in completion.tool_calls
    ]
    return {"role": "assistant", "tool_calls": calls} | ({"content": completion.text} if completion.text else {})


def without_calls(messages: Sequence[Message]) -> list[Message]:
    """The same as text. Some providers refuse calls and results in a request that offers no tools."""
    return [_as_text(message) for message in messages]


def fit(messages: list[Message], count: Callable[[Sequence[Message]], int], room: Window) -> list[Message]:
    """The messages within the model's window: the oldest results of tools give way first. Raises ContextTooLong."""
    messages = list(messages)
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


def _new_ids(number: int, message: Message) -> dict[str, str]:
    return {call.id: f"call_{number}_{ordinal}" for ordinal, call in enumerate(message.tool_calls)}


def _as_text(message: Message) -> Message:
    if message.role == "tool":
        return Message("user", message.content)
    if not message.tool_calls:
        return message
    calls = [f"I call {call.name} with {call.arguments}." for call in message.tool_calls]
    return Message("assistant", "\n\n".join(filter(None, (message.content, *calls))))


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
