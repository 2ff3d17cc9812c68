"""HTTP to the address of a server: the rules of `helix.outgoing` for the HTTP library of the package `mcp`.

httpx2 is not httpx, so the transport of `helix.outgoing` cannot be handed to it. What may be connected to is decided by
the same function.
"""

import ipaddress
import json
import re
import ssl
from collections.abc import AsyncIterator, Iterable
from typing import Any

import anyio
import anyio.to_thread
import httpcore2
import httpx2

from helix.mcp.incident import Incident
from helix.mcp.interface import AuthorizationRequired, HttpServer
from helix.outgoing import AddressRefused, ssl_context
from helix.outgoing.addresses import IPAddress, refusal
from helix.outgoing.network import resolve

_CONNECT_SECONDS = 15
# Streams of what the server sends by itself, of one session: without a limit, a server that ends each at once is asked
# again for ever.
_MAX_STREAMS = 20
_NOT_SENT = (
    httpcore2.ConnectError,
    httpcore2.ConnectTimeout,
    httpcore2.PoolTimeout,
    httpcore2.LocalProtocolError,
    AddressRefused,
)
_REFUSED = frozenset({400, 401, 403, 404, 405, 406, 415, 422, 429})
_PARAMETER = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s",]+))')


def answer_limit(server: Any) -> int:
    """The bytes that one answer may have: much more than of its text is kept, because pictures come as text."""
    return max(4_000_000, 8 * server.max_result_bytes)


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Resolves a name once, and connects only to addresses that were checked."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        # Any: httpcore2 types it as missing where anyio is not installed.
        self._network: Any = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        failure: Exception | None = None
        for address in await self._checked_addresses(host, port):
            try:
                return await self._network.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = failure or error
        raise failure or httpcore2.ConnectError(f"{host} has no address.")

    async def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        raise AddressRefused("Sockets of this machine are never connected to.")

    async def sleep(self, seconds: float) -> None:
        await anyio.sleep(seconds)

    async def _checked_addresses(self, host: str, port: int) -> list[IPAddress]:
        """All addresses of the host. Raises AddressRefused if one of them is not allowed."""
        try:
            found = [ipaddress.ip_address(host)]
        except ValueError:
            found = await self._resolved(host, port)
        for address in found:
            why = refusal(address, allow_private=self._allow_private)
            if why is not None:
                raise AddressRefused(f"The address was refused: {why}.")
        return list(dict.fromkeys(found))

    async def _resolved(self, host: str, port: int) -> list[IPAddress]:
        try:
            # The resolver of the system cannot be cancelled: its thread is left behind.
            return await anyio.to_thread.run_sync(resolve, host, port, abandon_on_cancel=True)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"{host} was not found.") from error


class GuardedTransport(httpx2.AsyncBaseTransport):
    """Adds the server's headers, sends to its address only, and follows no redirect. Notes in `incident` what fails."""

    def __init__(self, server: HttpServer, incident: Incident) -> None:
        self.server = server
        self._incident = incident
        self._limit = answer_limit(server)
        self._streams = 0
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context(),
            max_connections=8,
            max_keepalive_connections=2,
            keepalive_expiry=30,
            network_backend=GuardedBackend(allow_private=server.allow_private),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET" and self._is_one_stream_too_many():
            return httpx2.Response(405, request=request)
        method = _method_of(request)
        if method == "tools/call":
            self._incident.call_sent = True
        try:
            answer = await self._exchange(request)
        except _ERRORS as error:
            if method == "tools/call" and isinstance(error, _NOT_SENT):
                self._incident.call_sent = False
            if method is not None:
                self._incident.say(self._words(error))
            raise httpx2.TransportError(str(error)) from error
        if method is not None:
            await self._judge(answer, method, has_session="mcp-session-id" in request.headers)
        return answer

    async def aclose(self) -> None:
        await self._pool.aclose()

    def _is_one_stream_too_many(self) -> bool:
        self._streams += 1
        return self._streams > _MAX_STREAMS

    async def _exchange(self, request: httpx2.Request) -> httpx2.Response:
        own = httpx2.URL(self.server.url)
        url = request.url
        if (url.scheme, url.host, url.port) != (own.scheme, own.host, own.port):
            raise AddressRefused("The request was for another server than the one of this source.")
        headers = httpx2.Headers(request.headers)
        headers.update(dict(self.server.headers))
        # Only so does the limit of the answer's size hold for what it becomes.
        headers["Accept-Encoding"] = "identity"
        answer = await self._pool.handle_async_request(
            httpcore2.Request(
                request.method,
                httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            answer.status,
            headers=answer.headers,
            stream=_Limited(answer, self._limit, self._incident if request.method == "POST" else Incident()),
            extensions=answer.extensions,
            request=request,
        )

    async def _judge(self, answer: httpx2.Response, method: str, *, has_session: bool) -> None:
        """Note what `mcp` would not report. Raises httpx2.TransportError for what it would go on with."""
        status, kind = answer.status_code, answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        coding = answer.headers.get("Content-Encoding", "identity").strip().lower()
        call = method == "tools/call"
        words = None
        if answer.has_redirect_location:
            words = "The server redirects to another address. Redirects are not followed: enter the final one."
        elif coding not in ("", "identity"):
            words = "The server compresses its answer although it was asked not to."
        if words is not None:
            self._incident.say(words)
            await answer.aclose()
            raise httpx2.TransportError(words)
        if status in (401, 403):
            self._incident.authorization = _authorization(answer)
        if call and status in _REFUSED:
            self._incident.call_sent = False
        if call and status == 404 and has_session:
            self._incident.session_ended = True
        # An old server refuses the first question about its protocol, and an answer in JSON has words of its own.
        if method != "server/discover" and kind != "application/json":
            if status >= 400:
                self._incident.say(f"The server answered with the status {status}.")
            elif kind != "text/event-stream":
                self._incident.say(f"The address does not speak MCP: it answered with {kind or 'no type of content'}.")

    def _words(self, error: Exception) -> str:
        host = httpx2.URL(self.server.url).host
        cause = _tls_error(error)
        if isinstance(error, AddressRefused):
            return str(error)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The certificate of {host} is not valid: {cause.verify_message}."
        if cause is not None:
            return f"No encrypted connection to {host} could be made."
        if isinstance(error, httpcore2.ConnectTimeout | httpcore2.PoolTimeout):
            return f"{host} did not accept a connection in time."
        if isinstance(error, httpcore2.ConnectError):
            return f"{host} was not found." if "not found" in str(error) else f"{host} could not be connected to."
        if isinstance(error, httpcore2.LocalProtocolError):
            return "The request could not be sent: a header of this source holds what no header may."
        if isinstance(error, httpcore2.RemoteProtocolError):
            return f"{host} closed the connection, or did not answer with HTTP."
        return f"The connection to {host} broke."


_ERRORS = (
    httpcore2.TimeoutException,
    httpcore2.NetworkError,
    httpcore2.ProtocolError,
    httpcore2.UnsupportedProtocol,
    AddressRefused,
)


class _Limited(httpx2.AsyncByteStream):
    """The body of an answer, up to so many bytes."""

    def __init__(self, answer: httpcore2.Response, limit: int, incident: Incident) -> None:
        self._answer = answer
        self._limit = limit
        self._incident = incident

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        try:
            async for chunk in self._answer.aiter_stream():
                size += len(chunk)
                if size > self._limit:
                    self._incident.say(f"The answer is larger than {self._limit:,} bytes.")
                    raise httpx2.ReadError("The answer is too large.")
                yield chunk
        except _ERRORS as error:
            self._incident.say("The connection broke in the middle of the answer.")
            raise httpx2.ReadError(str(error)) from error

    async def aclose(self) -> None:
        await self._answer.aclose()


def client(transport: GuardedTransport) -> httpx2.AsyncClient:
    """An answer may take as long as the call may: only connecting has a limit of its own."""
    return httpx2.AsyncClient(
        transport=transport,
        timeout=httpx2.Timeout(None, connect=_CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
    )


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """What is behind an error of the connection, if it is the encryption."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error


def _method_of(request: httpx2.Request) -> str | None:
    """The method of the protocol's request in an HTTP request. None for notifications, answers and streams."""
    if request.method != "POST":
        return None
    message = json.loads(request.content)
    return message.get("method") if "id" in message else None


def _authorization(answer: httpx2.Response) -> AuthorizationRequired | None:
    challenge = answer.headers.get("WWW-Authenticate", "")
    said = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(challenge)}
    if answer.status_code == 403 and said.get("error") != "insufficient_scope":
        return None
    words = (
        "The server wants more rights than the token has."
        if answer.status_code == 403
        else "The server wants a valid token: connect the source, or enter its secret again."
    )
    return AuthorizationRequired(words, resource_metadata=said.get("resource_metadata"), scope=said.get("scope"))
