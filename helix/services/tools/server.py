"""What has to be known to connect to the server of a source: address or program, and its secret."""

from collections.abc import Callable
from typing import TypeVar

from flask import current_app

from helix.crypto.secrets import KeyMissing
from helix.db.transaction import end_reading
from helix.extensions import db
from helix.mcp import AuthorizationRequired, HttpServer, ProcessLimits, Server, StdioServer
from helix.models import ToolSource
from helix.models.vocabulary import ToolSourceKind
from helix.services.secrets import decrypt
from helix.services.tools import oauth, tools_file
from helix.services.tools.context import ToolFailed
from helix.services.tools.lookup import may_connect_privately
from helix.services.tools.tools_file import ToolsFileError

T = TypeVar("T")


def use(source_id: int, ask: Callable[[Server], T]) -> T:
    """`ask` the server of a source; once more with another token when it ends one early. No transaction may be open.

    Raises ToolFailed and McpFailed in words.
    """
    server = of(source_id)
    try:
        return ask(server)
    except AuthorizationRequired:
        if not isinstance(server, HttpServer) or not _uses_oauth(source_id):
            raise
        token = server.headers["Authorization"].removeprefix("Bearer ")
        return ask(of(source_id, rejected_token=token))


def of(source_id: int, *, rejected_token: str | None = None) -> Server:
    """The server of a source, with a valid token if it uses OAuth. No transaction may be open.

    `rejected_token`: the server refused this one, so that it is renewed. Raises ToolFailed in words.
    """
    source = db.session.get(ToolSource, source_id)
    if source is None:
        raise ToolFailed("The source of this tool has been deleted.")
    if source.kind == ToolSourceKind.BUILTIN:
        raise ToolFailed("The built-in tools have no server.")
    return _program(source) if source.kind == ToolSourceKind.MCP_STDIO else _address(source, rejected_token)


def _uses_oauth(source_id: int) -> bool:
    source = db.session.get(ToolSource, source_id)
    uses = source is not None and source.auth == "oauth"
    end_reading()
    return uses


def process_limits() -> ProcessLimits:
    """The limits of the programs of this host. What this installation keeps is hidden from them."""
    settings = current_app.config["HELIX"]
    return ProcessLimits(at_once=settings.max_tool_processes, hidden=(settings.data_dir,))


def _address(source: ToolSource, rejected_token: str | None) -> HttpServer:
    headers = {}
    slug, url, auth = source.slug, source.url or "", source.auth
    limits = {"timeout_seconds": source.timeout_seconds, "max_result_bytes": source.max_result_bytes}
    allow_private, source_id = may_connect_privately(source), source.id
    if auth == "header":
        headers[source.header_name] = _secret(source)
    end_reading()
    if auth == "oauth":
        headers["Authorization"] = f"Bearer {oauth.access_token(source_id, rejected=rejected_token)}"
    return HttpServer(slug, url, headers, allow_private, **limits)


def _secret(source: ToolSource) -> str:
    try:
        return decrypt(source.secret_encrypted) or ""
    except KeyMissing as error:
        raise ToolFailed(
            f"The stored secret of {source.title} cannot be opened any more. An admin has to enter it again."
        ) from error


def _program(source: ToolSource) -> StdioServer:
    slug, max_result_bytes = source.slug, source.max_result_bytes
    end_reading()
    if tools_file.path() is None:
        raise ToolFailed(f"{slug} is a program of another host: TOOLS_FILE is not set for this worker.")
    try:
        server = tools_file.servers().get(slug)
    except ToolsFileError as error:
        raise ToolFailed(f"{slug} cannot be started. {error}") from error
    if server is None:
        raise ToolFailed(f"{slug} is not in TOOLS_FILE any more.")
    command = tools_file.program(server)
    if command is None:
        raise ToolFailed(f"The program of {slug} was not found on this host: {server.command}.")
    environment, missing = tools_file.handed_on(server)
    if missing:
        raise ToolFailed(f"{slug} needs variables that are not set for this worker: {', '.join(missing)}.")
    return StdioServer(
        slug,
        command,
        tuple(server.args),
        environment,
        server.timeout_seconds,
        max_result_bytes,
        network=server.network,
        folders=tuple(server.folders),
    )
