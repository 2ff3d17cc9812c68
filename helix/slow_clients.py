"""Time limits for slow clients, whether malicious (slowloris) or on a poor connection.

Each direction has a time budget: waiting for the client uses it up, transferred bytes refill it. A client that
transfers at least MIN_BYTES_PER_SECOND is never disconnected, a silent or trickling one is. Request heads and small
bodies are buffered without a thread; see gunicorn_worker.py.
"""

import errno
import re
import select
import socket
import time
from typing import Any, BinaryIO

TIME_BUDGET_SECONDS = 15.0
MIN_BYTES_PER_SECOND = 500
# Bytes. Longer heads and bodies are read by a thread.
MAX_BUFFERED_HEAD = 32 * 1024
MAX_BUFFERED_BODY = 16 * 1024

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)
# A chunked body has no known length; with `Expect` it is only sent after our response.
_OPEN_END = re.compile(rb"\r\n(?:transfer-encoding|expect):", re.IGNORECASE)
_CHUNK_BYTES = 64 * 1024


class TimeBudget:
    """The seconds that may still be spent waiting for a client."""

    def __init__(self) -> None:
        self.left = TIME_BUDGET_SECONDS

    def after(self, waited: float, moved: int) -> None:
        """Update the budget after waiting `waited` seconds and transferring `moved` bytes."""
        self.left = min(TIME_BUDGET_SECONDS, self.left - waited + moved / MIN_BYTES_PER_SECOND)


class IncomingRequest:
    """A partially received request. Finds its length, without validating it."""

    def __init__(self, received: bytes = b"") -> None:
        self._received = bytearray()
        self._budget = TimeBudget()
        self._updated_at = time.monotonic()
        self._expected_length: int | None = None
        # The rest of the body is read by a thread.
        self.has_long_body = False
        self.feed(received)

    @property
    def received(self) -> bytes:
        return bytes(self._received)

    @property
    def is_ready(self) -> bool:
        return self.has_long_body or (
            self._expected_length is not None and len(self._received) >= self._expected_length
        )

    @property
    def is_too_slow(self) -> bool:
        return time.monotonic() - self._updated_at > self._budget.left

    def feed(self, piece: bytes) -> None:
        now = time.monotonic()
        self._budget.after(now - self._updated_at, len(piece))
        self._updated_at = now
        # The end of the head may span two pieces. Only search the new part.
        begin = max(0, len(self._received) - len(_END_OF_HEAD))
        self._received += piece
        if self._expected_length is None:
            end = self._received.find(_END_OF_HEAD, begin)
            if end >= 0:
                self._measure(bytes(self._received[: end + len(_END_OF_HEAD)]))
            elif len(self._received) > MAX_BUFFERED_HEAD:
                self.has_long_body = True

    def _measure(self, head: bytes) -> None:
        length = _LENGTH.search(head)
        body = int(length.group(1)) if length else 0
        self._expected_length = len(head) + body
        self.has_long_body = body > MAX_BUFFERED_BODY or _OPEN_END.search(head) is not None


class TimeLimitedSocket(socket.socket):
    """A client connection with time budgets. A client that is too slow looks like a closed connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._receiving = TimeBudget()
        self._sending = TimeBudget()
        self.was_too_slow = False

    def begin_request(self) -> None:
        """Reset the budgets for a new request."""
        self._receiving, self._sending = TimeBudget(), TimeBudget()

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        if self.gettimeout() == 0:  # the caller does not wait
            return super().recv(bufsize, flags)
        if not self._wait(select.POLLIN, self._receiving):
            return b""
        piece = super().recv(bufsize, flags)
        self._receiving.after(0, len(piece))
        return piece

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """Raises ConnectionResetError for a client that does not read."""
        rest = memoryview(data).cast("B")
        while rest:
            try:
                sent = super().send(rest, flags | socket.MSG_DONTWAIT)
            except BlockingIOError:
                if not self._wait(select.POLLOUT, self._sending):
                    raise ConnectionResetError(errno.ECONNRESET, "The client does not read.") from None
                continue
            self._sending.after(0, sent)
            rest = rest[sent:]

    def sendfile(self, file: BinaryIO, offset: int = 0, count: int | None = None) -> int:
        """Send with `sendall`, because os.sendfile would wait without a limit."""
        file.seek(offset)
        sent = 0
        while piece := file.read(_CHUNK_BYTES if count is None else min(_CHUNK_BYTES, count - sent)):
            self.sendall(piece)
            sent += len(piece)
        return sent

    def _wait(self, for_what: int, budget: TimeBudget) -> bool:
        """Whether the socket gets ready within the budget. Raises TimeoutError after the socket's own timeout."""
        own = self.gettimeout()
        seconds = max(0.0, budget.left if own is None else min(own, budget.left))
        poller, began = select.poll(), time.monotonic()
        poller.register(self, for_what)
        ready = bool(poller.poll(seconds * 1000))
        budget.after(time.monotonic() - began, 0)
        if not ready and own is not None and own < budget.left:
            raise TimeoutError("timed out")
        self.was_too_slow |= not ready
        return ready
