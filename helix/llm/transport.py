"""The only way out for litellm: a guarded transport that remembers what it saw.

litellm is given one transport for the whole process. It finds the wire of the present call in a context variable;
outside of a call it refuses to connect, so nothing in litellm calls home. On a wire the same request is sent once:
retries are the runs' business, and nobody else's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import httpx

from helix.llm.finish_reason import FinishReader
from helix.llm.openai_stream import Plain
from helix.outgoing import GuardedTransport, GuardError, Limits, TooMuch

# Pieces of a few letters arrive in some 300 bytes each.
MOST_BYTES = 64_000_000
_MOST_BYTES_OF_AN_ERROR = 256_000

_present: ContextVar["Wire | Canned | None"] = ContextVar("helix_llm_wire", default=None)


class Wire:
    """One call on the network, and the facts of it.

    `status` and `headers` are of the last response (None: none came), `error_body` is what came with a status of 400
    or more, `failure` is what went wrong below HTTP. `plain` knows what was unusual in the answer.
    """

    def __init__(self, *, seconds: float, idle_seconds: float | None, allow_private: bool) -> None:
        self._transport = GuardedTransport(Limits(seconds=seconds, bytes=MOST_BYTES), allow_private=allow_private)
        self._idle_seconds = idle_seconds
        self._sent: set[tuple[str, str]] = set()
        self.host = ""
        self.status: int | None = None
        self.headers = httpx.Headers()
        self.error_body = b""
        self.failure: Exception | None = None
        self.reader = FinishReader()
        self.plain = Plain(openai=False)

    def send(self, request: httpx.Request) -> httpx.Response:
        self._refuse_repetition(request)
        self.host = request.url.host
        self._limit_silence(request)
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
        self.plain = Plain(openai=request.url.path.endswith("/chat/completions"))
        response.stream = _Watched(stream, self)
        return response

    def _limit_silence(self, request: httpx.Request) -> None:
        """No single read waits longer: bytes of any kind, also a comment that keeps the line open, begin it again."""
        if self._idle_seconds is not None:
            timeout = request.extensions.get("timeout") or {}
            request.extensions["timeout"] = {**timeout, "read": self._idle_seconds}

    def hang_up(self) -> None:
        """Break the connection from another thread: the provider sees that nobody listens any more."""
        self._transport.hang_up()

    def close(self) -> None:
        self._transport.close()

    def _refuse_repetition(self, request: httpx.Request) -> None:
        this = (request.method, str(request.url))
        if this in self._sent:
            raise GuardError("A call is sent once.")
        self._sent.add(this)


class _Watched(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._wire.plain.pieces(iter(self._stream)):
                self._wire.reader.feed(chunk)
                yield chunk
        except httpx.HTTPError as failure:
            self._wire.failure = failure
            raise
        self._wire.reader.end()

    def close(self) -> None:
        self._stream.close()


class Canned:
    """A wire that leads nowhere and gives one answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def send(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=self._body, request=request)


class SharedTransport(httpx.BaseTransport):
    """What litellm holds: hands each request to the wire of the present call."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        wire = _present.get()
        if wire is None:
            raise GuardError("Connections are made within a call to a model alone.")
        return wire.send(request)


@contextmanager
def opened(*, seconds: float, allow_private: bool, idle_seconds: float | None = None) -> Iterator[Wire]:
    """A wire for the calls that are made in this block, or in a thread with its context. Who calls closes it."""
    wire = Wire(seconds=seconds, idle_seconds=idle_seconds, allow_private=allow_private)
    token = _present.set(wire)
    try:
        yield wire
    finally:
        _present.reset(token)


@contextmanager
def canned(body: bytes) -> Iterator[None]:
    """Calls in this block are answered with the body, and nothing is connected to."""
    token = _present.set(Canned(body))
    try:
        yield
    finally:
        _present.reset(token)


def _read_error(response: httpx.Response) -> bytes:
    body = bytearray()
    assert isinstance(response.stream, httpx.SyncByteStream)
    try:
        for chunk in response.stream:
            body += chunk
            if len(body) > _MOST_BYTES_OF_AN_ERROR:
                break
    except TooMuch:
        pass  # what was read is enough to tell what is wrong
    finally:
        response.close()
    return bytes(body[:_MOST_BYTES_OF_AN_ERROR])
