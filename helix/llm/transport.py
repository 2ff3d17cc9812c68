"""The HTTP transport for litellm: guarded against private addresses, recording what each call received.

litellm gets one transport for the whole process, which finds the connection of the current call in a context variable.
Outside of a call it refuses to connect, so litellm cannot contact other hosts on its own. A connection sends the same
request only once: retries are decided by the runs, not by client libraries.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx

from helix.llm.finish_reason import FinishReader
from helix.llm.openai_stream import ChunkNormalizer
from helix.outgoing import GuardedTransport, GuardError, Limits, TooMuch

# A chunk of a few characters takes about 300 bytes on the network.
MOST_BYTES = 64_000_000
_MOST_BYTES_OF_AN_ERROR = 256_000

_current: ContextVar["Connection | CannedConnection | None"] = ContextVar("helix_llm_connection", default=None)


class Connection:
    """One call, with what was received.

    `status` and `headers` are those of the last response (None: there was none), `error_body` is the body of a response
    with a status of 400 or more, `failure` is a network error. `normalizer` knows what the chunks contained.
    """

    def __init__(
        self, *, seconds: float, idle_seconds: float | None, allow_private: bool, tools: bool, most_bytes: int
    ) -> None:
        self._transport = GuardedTransport(Limits(seconds=seconds, bytes=most_bytes), allow_private=allow_private)
        self._idle_seconds = idle_seconds
        self._tools = tools
        self._sent: set[tuple[str, str]] = set()
        self.host = ""
        self.status: int | None = None
        self.headers = httpx.Headers()
        self.error_body = b""
        self.failure: Exception | None = None
        self.reader = FinishReader()
        self.normalizer = ChunkNormalizer(openai=False)

    def send(self, request: httpx.Request) -> httpx.Response:
        self._refuse_repeated_request(request)
        self.host = request.url.host
        self._limit_idle_time(request)
        try:
            response = self._transport.handle_request(request)
            self.status, self.headers = response.status_code, response.headers
            if response.status_code >= 400:
                self.error_body = _read_error(response)
                response.stream = httpx.ByteStream(self.error_body)
                return response
        except httpx.HTTPError as failure:
            self.failure = failure
            raise
        stream = response.stream
        assert isinstance(stream, httpx.SyncByteStream)
        self.normalizer = ChunkNormalizer(openai=request.url.path.endswith("/chat/completions"), tools=self._tools)
        response.stream = _RecordingStream(stream, self)
        return response

    def _limit_idle_time(self, request: httpx.Request) -> None:
        """Limit the time of a single read. Any bytes, keep-alive comments included, restart it."""
        if self._idle_seconds is not None:
            timeout = request.extensions.get("timeout") or {}
            request.extensions["timeout"] = {**timeout, "read": self._idle_seconds}

    def hang_up(self) -> None:
        """Close the connection from another thread, so that the provider stops generating."""
        self._transport.hang_up()

    def close(self) -> None:
        self._transport.close()

    def _refuse_repeated_request(self, request: httpx.Request) -> None:
        key = (request.method, str(request.url))
        if key in self._sent:
            raise GuardError("The same request is sent only once per call.")
        self._sent.add(key)


class _RecordingStream(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, connection: Connection) -> None:
        self._stream = stream
        self._connection = connection

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._connection.normalizer.pieces(iter(self._stream)):
                self._connection.reader.feed(chunk)
                yield chunk
        except httpx.HTTPError as failure:
            self._connection.failure = failure
            raise
        self._connection.reader.end()

    def close(self) -> None:
        self._stream.close()


class CannedConnection:
    """A connection without a network that gives one fixed answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def send(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=self._body, request=request)


class SharedTransport(httpx.BaseTransport):
    """Passes each request of litellm to the connection of the current call."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        connection = _current.get()
        if connection is None:
            raise GuardError("Connections are allowed only during a call to a model.")
        return connection.send(request)


@contextmanager
def open_connection(
    *,
    seconds: float,
    allow_private: bool,
    idle_seconds: float | None = None,
    tools: bool = False,
    most_bytes: int = MOST_BYTES,
) -> Iterator[Connection]:
    """The connection for litellm calls in this block, or in a thread with its context. The caller closes it.

    `tools`: the model was offered some.
    """
    connection = Connection(
        seconds=seconds, idle_seconds=idle_seconds, allow_private=allow_private, tools=tools, most_bytes=most_bytes
    )
    token = _current.set(connection)
    try:
        yield connection
    finally:
        _current.reset(token)


@contextmanager
def canned_response(body: bytes) -> Iterator[None]:
    """Answer calls in this block with the body, without a network connection."""
    token = _current.set(CannedConnection(body))
    try:
        yield
    finally:
        _current.reset(token)


def _read_error(response: httpx.Response) -> bytes:
    body = bytearray()
    assert isinstance(response.stream, httpx.SyncByteStream)
    try:
        for chunk in response.stream:
            body += chunk
            if len(body) > _MOST_BYTES_OF_AN_ERROR:
                break
    except TooMuch:
        pass  # what was read is enough to classify the error
    finally:
        response.close()
    return bytes(body[:_MOST_BYTES_OF_AN_ERROR])
