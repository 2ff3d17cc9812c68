"""Sessions with servers, by the client of the package `mcp`."""

import hashlib
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
import mcp_types as types
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from pydantic import TypeAdapter, ValidationError

import helix
from helix.mcp import calls_2026, definitions, guarded_http, incoming, questions, results
from helix.mcp import secrets as secret_values
from helix.mcp.incident import Incident
from helix.mcp.interface import CallResult, Elicitation, HttpServer, McpFailed, ProcessLimits, Server, ServerTool
from helix.mcp.stdio import Program

# They write messages of servers into the log, and with them whatever those contain.
for _name in ("mcp", "client", "httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

CLOSE_SECONDS = 8.0
_MAX_PAGES = 50
_INVALID = "The server's answer does not follow the protocol"

_Result = TypeAdapter(types.CallToolResult | types.InputRequiredResult)
# Answers that `mcp` makes up itself when none came.
_NO_ANSWER = (types.CONNECTION_CLOSED, types.REQUEST_TIMEOUT, types.PARSE_ERROR)


class Connection:
    """A session with a server. `host` is a task of the event loop that keeps it open; the others run beside it."""

    def __init__(self, server: Server, limits: ProcessLimits) -> None:
        self.server = server
        self._secrets = secret_values.of(server)
        self._incident = Incident(self._secrets)
        self._http = guarded_http.GuardedTransport(server, self._incident) if isinstance(server, HttpServer) else None
        self._program = None if isinstance(server, HttpServer) else Program(server, limits, self._incident)
        self._client: Client | None = None
        self._scope: anyio.CancelScope | None = None
        self._open = anyio.Event()
        self._closing = anyio.Event()
        self._gone = anyio.Event()
        self._is_over = False
        # For servers of 2025, which ask during a call.
        self._answers: list[dict[str, Any]] = []
        self._question: types.ElicitRequestFormParams | None = None
        self._asked = anyio.Event()

    @property
    def is_usable(self) -> bool:
        return not self._is_over

    @property
    def is_open(self) -> bool:
        return self._client is not None

    @property
    def has_lost_its_session(self) -> bool:
        return self._incident.session_ended

    @property
    def is_running_a_program(self) -> bool:
        return self._program is not None and self._program.is_running

    def fits(self, server: Server) -> bool:
        """Whether the session is one with this server. A new secret of an HTTP server is taken over."""
        if self.server == server:
            return True
        if self._http is None or not isinstance(server, HttpServer) or not isinstance(self.server, HttpServer):
            return False
        if (server.url, server.allow_private) != (self.server.url, self.server.allow_private):
            return False
        self.server = self._http.server = server
        self._secrets = secret_values.longest_first((*self._secrets, *secret_values.of(server)))
        self._incident.secrets = self._secrets
        return True

    async def host(self) -> None:
        """Open the session, and keep it until it is closed or breaks."""
        try:
            with anyio.CancelScope() as self._scope:
                if self._closing.is_set():
                    return
                async with self._connected() as self._client:
                    # What happened on the way does not matter any more.
                    self._incident.words = self._incident.authorization = None
                    self._open.set()
                    await self._closing.wait()
        except McpFailed as failure:
            self._incident.say(str(failure))
        except Exception as failure:  # noqa: BLE001 - whatever a hostile server can cause in `mcp`
            self._incident.say(_words(failure))
        finally:
            self._is_over = True
            self._open.set()
            self._gone.set()

    async def close(self) -> None:
        """End the session, and the program. Takes a few seconds at most."""
        self._closing.set()
        with anyio.CancelScope(shield=True):
            if self._client is None:
                self._cancel()
            with anyio.move_on_after(CLOSE_SECONDS / 2):
                await self._gone.wait()
            if not self._gone.is_set():
                self._cancel()
                with anyio.move_on_after(CLOSE_SECONDS / 2):
                    await self._gone.wait()

    def _cancel(self) -> None:
        if self._scope is not None:
            self._scope.cancel()

    def kill(self) -> None:
        """End the program at once, from any thread. Idempotent."""
        self._is_over = True
        if self._program is not None:
            self._program.kill()

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Client]:
        if self._program is not None:
            async with self._session(self._program.connect()) as client:
                yield client
        elif self._http is not None:
            async with guarded_http.client(self._http) as http:
                streams = streamable_http_client(
                    self._http.server.url,
                    http_client=http,
                    max_sse_event_size=guarded_http.answer_limit(self.server),
                )
                async with self._session(streams) as client:
                    yield client

    def _session(self, transport: Any) -> Client:
        return Client(
            incoming.filtered(transport, self._incident, self._protocol_version),
            client_info=types.Implementation(name="helix-mission-control", version=helix.__version__),
            elicitation_callback=self._answer,
            cache=None,
        )

    def _protocol_version(self) -> str | None:
        return self._client.protocol_version if self._client is not None else None

    async def _ready(self) -> Client:
        """Raises McpFailed."""
        await self._open.wait()
        if self._client is None or self._is_over:
            raise self._incident.error("The server could not be connected to.")
        return self._client

    async def list_tools(self) -> list[ServerTool]:
        """All tools. Raises McpFailed."""
        found: list[dict[str, Any]] = []
        cursor = None
        try:
            with anyio.fail_after(self.server.timeout_seconds):
                client = await self._ready()
                for _ in range(_MAX_PAGES):
                    page = await client.list_tools(cursor=cursor)
                    found += [tool.model_dump(mode="json", by_alias=True) for tool in page.tools]
                    cursor = page.next_cursor
                    if cursor is None or len(found) > definitions.MAX_TOOLS:
                        break
        except TimeoutError:
            raise self._late() from None
        except MCPError as error:
            raise await self._failed(error) from error
        except (ValidationError, RuntimeError) as error:
            raise self._incident.error(f"{_INVALID}: {_first(error)}.") from error
        if cursor is not None or len(found) > definitions.MAX_TOOLS:
            raise McpFailed(f"The server lists more than {definitions.MAX_TOOLS} tools, or its list never ends.")
        return [definitions.of(tool, self._secrets) for tool in found]

    async def call(
        self, tool: str, arguments: dict[str, Any], state: dict[str, Any] | None, answer: dict[str, Any] | None
    ) -> CallResult | Elicitation:
        """Raises McpFailed."""
        self._incident.call_sent, self._incident.requests = False, 0
        self._incident.notes.clear()
        try:
            with anyio.fail_after(self.server.timeout_seconds):
                client = await self._ready()
                if client.protocol_version == calls_2026.PROTOCOL:
                    send = partial(self._send, client, tool, arguments)
                    found = await calls_2026.call(send, self._incident, state, answer)
                    return found if isinstance(found, Elicitation) else self._result(found)
                return await self._call_2025(client, tool, arguments, state, answer)
        except TimeoutError:
            raise self._late() from None
        except MCPError as error:
            if error.code in _NO_ANSWER or self._incident.has_happened:
                raise await self._failed(error) from error
            return results.error(error.message, **self._limits())
        except (ValidationError, RuntimeError) as error:
            raise self._incident.error(f"{_INVALID}: {_first(error)}.") from error

    def _limits(self) -> dict[str, Any]:
        return {
            "secrets": self._secrets,
            "max_bytes": self.server.max_result_bytes,
            "notes": list(self._incident.notes),
        }

    def _result(self, result: types.CallToolResult) -> CallResult:
        return results.of(result.model_dump(mode="json", by_alias=True), **self._limits())

    def _late(self) -> McpFailed:
        last_words = self._program.last_words() if self._program is not None else ""
        self._give_up()
        return self._incident.error(
            f"The server did not answer within {self.server.timeout_seconds:g} seconds.{last_words}"
        )

    def _give_up(self) -> None:
        """Use the session no more, and end the program."""
        self._is_over = True
        if self._program is not None:
            self._closing.set()
        if self._client is None:
            self._cancel()

    async def _failed(self, error: MCPError) -> McpFailed:
        """The failure for an error that `mcp` made up itself, and the end of the session."""
        if error.code == types.CONNECTION_CLOSED:
            # The transport knows more, in a moment.
            with anyio.move_on_after(1.5):
                await self._gone.wait()
        self._give_up()
        if error.code == types.PARSE_ERROR:
            return self._incident.error("The server's answer could not be read.")
        return self._incident.error(f"The server ended the connection: {error.message[:500]}.")

    # Calls, and questions in the middle of them.

    async def _call_2025(
        self,
        client: Client,
        tool: str,
        arguments: dict[str, Any],
        state: dict[str, Any] | None,
        answer: dict[str, Any] | None,
    ) -> CallResult | Elicitation:
        """The server asks while it waits. It is called again from the start when there is an answer."""
        if state is not None and state.get("protocol") == calls_2026.PROTOCOL:
            raise McpFailed("The server speaks another version of the protocol than when it asked.")
        kept = list((state or {}).get("answers", []))
        if state is not None and answer is not None:
            kept.append({"question": state["question"], "answer": answer})
        self._answers, self._question, self._asked = list(kept), None, anyio.Event()
        result = await self._send_unless_asked(client, tool, arguments)
        if self._question is None:
            assert result is not None
            return self._result(result)
        asked, self._question = self._question, None
        # Without an answer, the call does not go on. The session may hold what is left of it.
        self._give_up()
        self._incident.call_sent = False
        if len(kept) >= questions.MAX_QUESTIONS:
            raise McpFailed(questions.TOO_MANY)
        question = questions.cleaned(asked.message, asked.requested_schema, self._secrets)
        assert question is not None
        state = {"protocol": "2025", "question": _digest(asked), "answers": kept}
        return Elicitation(*question, state, calls_again=True)

    async def _send_unless_asked(
        self, client: Client, tool: str, arguments: dict[str, Any]
    ) -> types.CallToolResult | None:
        """The result, or None when the server asks something, and then the call is cancelled."""
        outcome: list[Any] = []

        async def send() -> None:
            try:
                outcome.append(await self._send(client, tool, arguments, None, None))
            except Exception as failure:  # noqa: BLE001 - raised again below, not as a group
                outcome.append(failure)
            tasks.cancel_scope.cancel()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            await self._asked.wait()
            tasks.cancel_scope.cancel()
        if self._question is not None:
            return None
        if isinstance(outcome[0], Exception):
            raise outcome[0]
        return outcome[0]

    async def _send(
        self, client: Client, tool: str, arguments: dict[str, Any], responses: Any, request_state: str | None
    ) -> types.CallToolResult | types.InputRequiredResult:
        """One request. `Client.call_tool` would check results with regular expressions of the server."""
        params = types.CallToolRequestParams(
            name=tool, arguments=arguments, input_responses=responses, request_state=request_state
        )
        request = types.CallToolRequest(params=params)
        self._incident.call_sent = self._program is not None
        try:
            return await client.session.send_request(request, _Result)
        except MCPError as error:
            if error.code != types.HEADER_MISMATCH:
                raise
        # Some arguments go into headers, too, as the server's list says. It has refused the call.
        self._incident.words, self._incident.call_sent = None, False
        cursor = None
        for _ in range(_MAX_PAGES):
            page = await client.list_tools(cursor=cursor)
            cursor = page.next_cursor
            if cursor is None or any(listed.name == tool for listed in page.tools):
                break
        return await client.session.send_request(request, _Result)

    async def _answer(self, context: Any, params: Any) -> types.ElicitResult | types.ErrorData:
        """Answers a server of 2025 with what people have said before, or keeps the question and never returns."""
        if not questions.can_be_asked(params, self._incident):
            return types.ElicitResult(action="decline")
        digest = _digest(params)
        for kept in self._answers:
            if kept["question"] == digest:
                self._answers.remove(kept)
                return questions.result_of(kept["answer"])
        self._question = params
        self._asked.set()
        await anyio.sleep_forever()
        raise AssertionError("unreachable")


async def close_all(connections: list[Connection]) -> None:
    async with anyio.create_task_group() as tasks:
        for connection in connections:
            tasks.start_soon(connection.close)


def _digest(question: types.ElicitRequestFormParams) -> str:
    text = json.dumps([question.message, question.requested_schema], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _words(failure: BaseException) -> str:
    """What `mcp` says about a session that could not be opened, or broke."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    if isinstance(failure, McpFailed):
        return str(failure)
    if isinstance(failure, MCPError):
        return f"The server refused the connection: {failure.message[:500]}."
    if isinstance(failure, ValidationError | RuntimeError):
        return f"{_INVALID}: {_first(failure)}."
    return f"The connection to the server broke ({type(failure).__name__})."


def _first(error: Exception) -> str:
    """The first thing that is wrong, without the server's values."""
    if isinstance(error, ValidationError):
        found = error.errors(include_input=False, include_url=False, include_context=False)[0]
        return f"{'.'.join(map(str, found['loc']))}: {found['msg']}"[:300]
    return str(error)[:300]
