"""One message of a conversation with a model."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call of a tool that a model asked for.

    `id` names the call in the message with its result, and goes back unchanged: providers hide data in it. `arguments`
    is the JSON text as the model wrote it, which may be invalid. It is `{}` if the model wrote none.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """`tool_calls` are those of an assistant, `tool_call_id` names the call whose result a tool's message holds.

    `body` is an assistant's message as the provider needs it back, with fields that only that provider knows, such as
    signed reasoning. If given, it is sent in place of the other fields.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    body: dict[str, Any] | None = field(default=None, hash=False)
