"""What is known about a server, and what it returns."""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
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
    """A program of the host, from the host's file.

    `environment` is all that it gets besides PATH, HOME, TMPDIR and LANG. `network` and `folders` matter where
    bubblewrap can be used: only then is the program without network, and may it write nowhere but in its scratch folder
    and in `folders`, which are absolute paths.
    """

    slug: str
    command: str
    args: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_seconds: float = 60
    max_result_bytes: int = 65_536
    network: bool = False
    folders: tuple[str, ...] = ()


Server = HttpServer | StdioServer


def _own_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"helix-tools-{os.getuid()}"


@dataclass(frozen=True)
class ProcessLimits:
    """Limits of the programs of stdio servers.

    `at_once` counts in all processes that share `folder`, which belongs to this installation and holds the scratch
    folders. `megabytes` are of memory that one process may allocate, `cpu_seconds` of one process in one session,
    `file_megabytes` of one file. `hidden` are folders that no program may read, where bubblewrap can be used.
    """

    folder: Path = field(default_factory=_own_folder)
    at_once: int = 8
    megabytes: int = 2048
    cpu_seconds: int = 900
    file_megabytes: int = 256
    hidden: tuple[Path, ...] = ()


@dataclass(frozen=True)
class ServerTool:
    """What a server says about one of its tools, cleaned and of limited size. `annotations` are hints.

    `problem` says why the tool cannot be used, such as a schema that is none.
    """

    name: str
    title: str
    description: str
    input_schema: dict[str, Any]
    annotations: dict[str, Any]
    problem: str | None = None


@dataclass(frozen=True)
class CallResult:
    """The text of a result, cleaned and cut at `max_result_bytes` with a note."""

    text: str
    is_error: bool = False


@dataclass(frozen=True)
class Elicitation:
    """The server asks a person in the middle of a call. `schema` is of the answer, a flat JSON schema.

    `state` is JSON that has to be handed to `Sessions.call` again together with the answer, perhaps by another process.
    `calls_again`: the server then executes the call from its beginning once more.
    """

    message: str
    schema: dict[str, Any]
    state: dict[str, Any]
    calls_again: bool = False


class McpFailed(Exception):
    """The server could not be used; the message is a sentence for people and for the model.

    `is_uncertain`: the call had been sent, so that it may have taken effect.
    """

    def __init__(self, message: str, *, is_uncertain: bool = False) -> None:
        super().__init__(message)
        self.is_uncertain = is_uncertain


class AuthorizationRequired(McpFailed):
    """The server wants a token, or one that may do more. `resource_metadata` is the address it names, if it does."""

    def __init__(self, message: str, *, resource_metadata: str | None = None, scope: str | None = None) -> None:
        super().__init__(message)
        self.resource_metadata = resource_metadata
        self.scope = scope
