"""What is known about a server, and what it returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class HttpServer:
    """A server with an address. `headers` hold its secret; `timeout_seconds` is of one call, connecting included."""

    slug: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    allow_private: bool = False
    timeout_seconds: float = 60
    max_result_bytes: int = 65_536


@dataclass(frozen=True)
class StdioServer:
    """A program of the host, from the host's file. `environment` is all that it gets besides PATH, HOME and LANG."""

    slug: str
    command: str
    args: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_seconds: float = 60
    max_result_bytes: int = 65_536


Server = HttpServer | StdioServer


@dataclass(frozen=True)
class ServerTool:
    """What a server says about one of its tools, cleaned and of limited size. `annotations` are hints."""

    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    annotations: dict[str, Any]


@dataclass(frozen=True)
class CallResult:
    """The text of a result, cleaned and cut at `max_result_bytes` with a note."""

    text: str
    is_error: bool = False


@dataclass(frozen=True)
class Elicitation:
    """The server asks a person in the middle of a call. `schema` is of the answer, a flat JSON schema.

    `state` is JSON that has to be handed to `Sessions.call` again together with the answer, perhaps by another process.
    """

    message: str
    schema: dict[str, Any]
    state: dict[str, Any]


class McpFailed(Exception):
    """The server could not be used; the message is a sentence for people and for the model.

    `is_uncertain`: the call had been sent, so that it may have taken effect.
    """

    def __init__(self, message: str, *, is_uncertain: bool = False) -> None:
        super().__init__(message)
        self.is_uncertain = is_uncertain
