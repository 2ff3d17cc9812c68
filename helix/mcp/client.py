"""Sessions with servers: the only module that imports the package `mcp`, but for the transport in `stdio`."""

import hashlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import mcp_types as types
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from mcp_types.methods import validate_server_result
from pydantic import TypeAdapter, ValidationError

import helix
from helix.mcp import definitions, guarded_http, results
from helix.mcp import secrets as secret_values
from helix.mcp.incident import Incident
from helix.mcp.interface import CallResult, Elicitation, HttpServer, McpFailed, ProcessLimits, Server, ServerTool
from helix.mcp.stdio import Program
from helix.text import json_schema

# They write messages of servers into the log, and with them whatever those contain.
for _name in ("mcp", "client", "httpx2", "httpcore2"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

CLOSE_SECONDS = 8.0
_MAX_PAGES = 50
_MAX_QUESTIONS = 5
# Requests of a server in one call, such as for a model's answer, which are refused.
_MAX_REQUESTS = 200
_MAX_STATE = 100_000
_QUESTION, _QUESTION_SCHEMA = 2_000, 16_384
_WAIT_SECONDS = 0.25
_MODERN = "2026-07-28"
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
            _filtered(transport, self._incident, self._protocol_version),
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
                if client.protocol_version == _MODERN:
                    return await self._call_modern(client, tool, arguments, state, answer)
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

    async def _call_modern(
        self,
        client: Client,
        tool: str,
        arguments: dict[str, Any],
        state: dict[str, Any] | None,
        answer: dict[str, Any] | None,
    ) -> CallResult | Elicitation:
        """The server returns its questions, and forgets the call until it comes again with the answers."""
        progress = _ModernCall.continued(state, answer)
        while True:
            question = progress.next_question()
            if question is not None:
                return question
            result = await self._send(client, tool, arguments, progress.responses(), progress.request_state)
            if not isinstance(result, types.InputRequiredResult):
                return self._result(result)
            self._incident.call_sent = False
            if not result.input_requests:
                await anyio.sleep(_WAIT_SECONDS)
            progress.take(result, self)

    async def _call_2025(
        self,
        client: Client,
        tool: str,
        arguments: dict[str, Any],
        state: dict[str, Any] | None,
        answer: dict[str, Any] | None,
    ) -> CallResult | Elicitation:
        """The server asks while it waits. It is called again from the start when there is an answer."""
        if state is not None and state.get("protocol") == _MODERN:
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
        if len(kept) >= _MAX_QUESTIONS:
            raise McpFailed(_TOO_MANY)
        question = self.question(asked.message, asked.requested_schema)
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
        if not self.can_be_asked(params):
            return types.ElicitResult(action="decline")
        digest = _digest(params)
        for kept in self._answers:
            if kept["question"] == digest:
                self._answers.remove(kept)
                return _elicit_result(kept["answer"])
        self._question = params
        self._asked.set()
        await anyio.sleep_forever()
        raise AssertionError("unreachable")

    def can_be_asked(self, params: Any) -> bool:
        """Whether the question can be put to a person as a form. A note in the result says if not."""
        if not isinstance(params, types.ElicitRequestFormParams):
            note = "The server wanted a person to open an address. That was declined: it is not supported."
        elif self.question(params.message, params.requested_schema) is None:
            note = "The server asked a person for something that cannot be shown as a form. That was declined."
        else:
            return True
        if note not in self._incident.notes:
            self._incident.notes.append(note)
        return False

    def question(self, message: str, schema: Any) -> tuple[str, dict[str, Any]] | None:
        """The message and the schema as they can be shown, or None."""
        schema = secret_values.cleaned_json(schema, self._secrets)
        try:
            if not isinstance(schema, dict) or len(json.dumps(schema)) > _QUESTION_SCHEMA:
                return None
            json_schema.refuse_broken(schema)
        except (json_schema.BrokenSchema, RecursionError):
            return None
        return secret_values.cleaned(message, self._secrets)[:_QUESTION], schema


async def close_all(connections: list[Connection]) -> None:
    async with anyio.create_task_group() as tasks:
        for connection in connections:
            tasks.start_soon(connection.close)


_TOO_MANY = f"The server asked more than {_MAX_QUESTIONS} questions in one call, so the call was given up."


class _ModernCall:
    """A call to a server of 2026 that has asked questions, of which some are answered."""

    def __init__(self) -> None:
        self.request_state: str | None = None
        self._waiting: dict[str, dict[str, Any]] = {}
        self._answers: dict[str, dict[str, Any]] = {}
        self._count = 0

    @classmethod
    def continued(cls, state: dict[str, Any] | None, answer: dict[str, Any] | None) -> "_ModernCall":
        call = cls()
        if state is None:
            return call
        if state.get("protocol") != _MODERN:
            raise McpFailed("The server speaks another version of the protocol than when it asked.")
        call.request_state = state["request_state"]
        call._waiting, call._answers, call._count = dict(state["waiting"]), dict(state["answers"]), state["count"]
        if answer is not None:
            call._answers[state["asked"]] = answer
            call._waiting.pop(state["asked"], None)
        return call

    def next_question(self) -> Elicitation | None:
        for key, question in self._waiting.items():
            state = {
                "protocol": _MODERN,
                "request_state": self.request_state,
                "asked": key,
                "waiting": self._waiting,
                "answers": self._answers,
                "count": self._count,
            }
            if len(json.dumps(state)) > _MAX_STATE:
                raise McpFailed("The server asked a question with more to remember than can be kept.")
            return Elicitation(question["message"], question["schema"], state)
        return None

    def responses(self) -> dict[str, types.InputResponse] | None:
        return {key: _elicit_result(answer) for key, answer in self._answers.items()} or None

    def take(self, result: types.InputRequiredResult, connection: Connection) -> None:
        self.request_state = result.request_state
        self._answers = {}
        for key, request in (result.input_requests or {}).items():
            if not isinstance(request, types.ElicitRequest):
                raise McpFailed("The server wants a model's answer or folders of this host, which it does not get.")
            if not connection.can_be_asked(request.params):
                self._answers[key] = {"action": "decline"}
                continue
            self._count += 1
            shown = connection.question(request.params.message, request.params.requested_schema)  # type: ignore[union-attr]
            assert shown is not None
            self._waiting[key] = {"message": shown[0], "schema": shown[1]}
        if self._count > _MAX_QUESTIONS:
            raise McpFailed(_TOO_MANY)


def _elicit_result(answer: dict[str, Any]) -> types.ElicitResult:
    action = answer.get("action")
    content = answer.get("content") if action == "accept" else None
    return types.ElicitResult(action=action, content=content)  # type: ignore[arg-type]


def _digest(question: types.ElicitRequestFormParams) -> str:
    text = json.dumps([question.message, question.requested_schema], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@asynccontextmanager
async def _filtered(
    transport: Any, incident: Incident, version: Callable[[], str | None]
) -> AsyncIterator[tuple[Any, Any]]:
    async with transport as (incoming, outgoing):
        yield _Incoming(incoming, incident, version), outgoing


class _Incoming:
    """What comes from a server, without what nobody reads: each notification would become a task.

    `version` is of the protocol, once it is known.
    """

    def __init__(self, stream: Any, incident: Incident, version: Callable[[], str | None]) -> None:
        self._stream = stream
        self._incident = incident
        self._version = version

    async def receive(self) -> Any:
        while True:
            item = await self._stream.receive()
            if self._is_wanted(item):
                self._replace_broken_tools(item.message)
                return item

    def _is_wanted(self, item: Any) -> bool:
        if not isinstance(item, SessionMessage):
            return False
        message = item.message
        if isinstance(message, types.JSONRPCRequest):
            self._incident.requests += 1
            if self._incident.requests > _MAX_REQUESTS:
                self._incident.say(f"The server sent more than {_MAX_REQUESTS} requests of its own.")
                raise anyio.ClosedResourceError
        return not isinstance(message, types.JSONRPCNotification) or message.method == "notifications/cancelled"

    def _replace_broken_tools(self, message: Any) -> None:
        """One broken definition would make the whole list invalid."""
        version = self._version()
        if not isinstance(message, types.JSONRPCResponse) or version is None:
            return
        tools = message.result.get("tools")
        if isinstance(tools, list):
            message.result["tools"] = [
                tool if _is_valid(message.result | {"tools": [tool]}, version) else definitions.stand_in(tool)
                for tool in tools[: definitions.MAX_TOOLS + 1]
            ]

    def __aiter__(self) -> "_Incoming":
        return self

    async def __anext__(self) -> Any:
        try:
            return await self.receive()
        except anyio.EndOfStream:
            raise StopAsyncIteration from None

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def __aenter__(self) -> "_Incoming":
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.aclose()


def _is_valid(page: dict[str, Any], version: str) -> bool:
    try:
        validate_server_result("tools/list", version, page)
        types.ListToolsResult.model_validate(page, by_name=False)
    except ValidationError:
        return False
    return True


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
