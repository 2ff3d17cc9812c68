"""An httpx transport for addresses from users."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from helix.outgoing.addresses import GuardError, TooMuch
from helix.outgoing.network import Deadline, GuardedBackend

_ERRORS_OF_HTTPCORE = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a whole exchange: connecting, sending and receiving. `bytes` limits the body of the response."""

    seconds: float = 15
    bytes: int = 1_000_000


class GuardedTransport(httpx.BaseTransport):
    """A transport for one exchange. The time limit starts when it is created.

    Raises AddressRefused, TimeIsUp, TooMuch, and GuardError for a redirect; otherwise what httpx raises. Only
    uncompressed responses are requested and accepted, so that the size limit also applies to the decoded body.
    `return_redirects`: a redirect is a response like any other, for a caller that judges where it leads.
    """

    def __init__(
        self, limits: Limits = Limits(), *, allow_private: bool = False, return_redirects: bool = False
    ) -> None:
        self._limits = limits
        self._return_redirects = return_redirects
        self._deadline = Deadline(limits.seconds)
        self._network = GuardedBackend(self._deadline, allow_private=allow_private)
        # httpx.HTTPTransport does not take a network backend (https://github.com/encode/httpx/pull/3749).
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context(),
            max_connections=4,
            max_keepalive_connections=0,
            network_backend=self._network,
        )

    def hang_up(self) -> None:
        """End the exchange from another thread: its waiting thread gets an error at once."""
        self._network.hang_up()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Accept-Encoding"] = "identity"
        response = self._exchange(request)
        try:
            if not self._return_redirects:
                _refuse_redirect(response)
            _refuse_compression(response)
        except GuardError:
            response.close()
            raise
        return response

    def close(self) -> None:
        self._pool.close()

    def _exchange(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        with _errors_of_httpx():
            answer = self._pool.handle_request(
                httpcore.Request(
                    request.method,
                    httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Limited(answer, self._limits.bytes),
            extensions=answer.extensions,
        )


class _Limited(httpx.SyncByteStream):
    """The body of an answer, up to so many bytes."""

    def __init__(self, answer: httpcore.Response, limit: int) -> None:
        self._answer = answer
        self._limit = limit

    def __iter__(self) -> Iterator[bytes]:
        size = 0
        with _errors_of_httpx():
            for chunk in self._answer.iter_stream():
                size += len(chunk)
                if size > self._limit:
                    raise TooMuch(f"The answer is larger than {self._limit:,} bytes.")
                yield chunk

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _errors_of_httpx() -> Iterator[None]:
    """What httpcore raises becomes the error of the same name in httpx, as httpx.HTTPTransport does it."""
    try:
        yield
    except _ERRORS_OF_HTTPCORE as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


def _refuse_redirect(response: httpx.Response) -> None:
    if response.has_redirect_location:
        raise GuardError("The server redirects to another address. Redirects are not followed: enter the final one.")


def _refuse_compression(response: httpx.Response) -> None:
    if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
        raise GuardError("The server compresses its answer although it was asked not to.")


@cache
def ssl_context() -> ssl.SSLContext:
    """That of all connections. The environment does not change it."""
    # Loading the certificates takes 20 ms or more, so once per process.
    return httpx.create_ssl_context(trust_env=False)


def load_certificates() -> None:
    """Load them now, for all processes that will be forked from this one."""
    ssl_context()


def guarded_client(
    limits: Limits = Limits(), *, allow_private: bool = False, return_redirects: bool = False, **options: Any
) -> httpx.Client:
    """An httpx.Client for one exchange with an address from a user."""
    return httpx.Client(
        transport=GuardedTransport(limits, allow_private=allow_private, return_redirects=return_redirects),
        timeout=limits.seconds,
        follow_redirects=False,
        trust_env=False,
        **options,
    )
