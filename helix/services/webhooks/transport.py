"""One HTTP request to another server: signed, guarded, and over within seconds."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from helix import __version__
from helix.crypto import signatures
from helix.llm import retry_after
from helix.outgoing import Limits, guarded_client

SECONDS = 10.0
LONGEST_ANSWER = 2000  # bytes of an answer
USER_AGENT = f"HELIX-Mission-Control/{__version__}"


@dataclass(frozen=True)
class Message:
    """A signed request. `secrets` are the current one and, for a day after a change, the one before it."""

    url: str
    body: bytes
    message_id: str
    secrets: list[str]


@dataclass(frozen=True)
class Outcome:
    """The outcome of a request. `status` is None when there was no answer, and `error` then says why."""

    status: int | None = None
    answer: str | None = None
    error: str | None = None
    duration_ms: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The receiver answered that it wants no more deliveries."""
        return self.status == httpx.codes.GONE

    @property
    def is_down(self) -> bool:
        """Other deliveries would fail as well."""
        return self.status is None or self.status >= 500 or self.status in (408, 429)

    @property
    def retry_after(self) -> float | None:
        """In seconds, as the receiver asked; None when it did not."""
        return retry_after.seconds(self.headers) if self.status in (429, 503) else None


def post(message: Message, at: datetime, *, allow_private: bool, seconds: float = SECONDS) -> Outcome:
    """Send it, signed with the time `at`. Failures are outcomes, not exceptions."""
    signed = signatures.headers(message.secrets, message.message_id, int(at.timestamp()), message.body)
    headers = sent_headers() | signed
    began = time.monotonic()
    status, answer, error, received = None, None, None, {}
    try:
        with (
            guarded_client(Limits(seconds=seconds, bytes=10**9), allow_private=allow_private) as client,
            client.stream("POST", message.url, content=message.body, headers=headers) as response,
        ):
            status, received = response.status_code, dict(response.headers)
            answer = _beginning(response)
        if not 200 <= status < 300:
            error = f"It answered {status} {response.reason_phrase}".strip() + "."
    except (httpx.HTTPError, httpx.InvalidURL) as failure:
        error = _describe(failure)
    return Outcome(status, answer, error and error[:300], round((time.monotonic() - began) * 1000), received)


def sent_headers() -> dict[str, str]:
    return {"Content-Type": "application/json", "User-Agent": USER_AGENT}


def _beginning(response: httpx.Response) -> str:
    """The first 2 kB. An answer that breaks off was an answer."""
    read = b""
    with suppress(httpx.HTTPError):
        for chunk in response.iter_raw():
            read += chunk
            if len(read) >= LONGEST_ANSWER:
                break
    # PostgreSQL keeps no NUL.
    return read[:LONGEST_ANSWER].decode("utf-8", "replace").replace("\x00", "\ufffd")


def _describe(failure: Exception) -> str:
    if isinstance(failure, httpx.ConnectError):
        return f"It could not be reached: {failure or 'the connection was refused'}."
    return str(failure) or f"The exchange broke off ({type(failure).__name__})."
