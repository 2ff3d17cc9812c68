"""The network backend of the guard: resolves, checks and connects, and enforces the deadline on every operation."""

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import httpcore

from helix.outgoing.addresses import AddressRefused, IPAddress, TimeIsUp, refusal

Resolved = list[IPAddress]


def resolve(host: str, port: int) -> Resolved:
    """Every address of the host. Raises OSError."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(address[4][0]).partition("%")[0]) for address in entries]


class Deadline:
    """The time at which the whole exchange must have ended."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    def left(self, wanted: float | None = None) -> float:
        """The remaining seconds, at most `wanted`. Raises TimeIsUp if there are none."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise self.error()
        return left if wanted is None else min(left, wanted)

    def end_now(self) -> None:
        """Make every further wait fail."""
        self._ends = time.monotonic()

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._ends

    def error(self) -> TimeIsUp:
        return TimeIsUp(f"The exchange was not over within {self.seconds:g} seconds.")


class GuardedBackend(httpcore.NetworkBackend):
    """Connects only to checked addresses."""

    def __init__(self, deadline: Deadline, *, allow_private: bool) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._sockets = httpcore.SyncBackend()
        self._open: list[httpcore.NetworkStream] = []

    def hang_up(self) -> None:
        """End every wait on the connections, from another thread. Their own thread closes them."""
        self._deadline.end_now()
        for stream in self._open:
            connection = stream.get_extra_info("socket")
            if connection is not None:
                # The plain socket, because the TLS layer has state that the other thread is using.
                with suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in self._checked_addresses(host, port):
            try:
                stream = self._sockets.connect_tcp(
                    str(address), port, self._deadline.left(timeout), local_address, socket_options
                )
            except httpcore.ConnectTimeout as late:
                if self._deadline.is_over:
                    raise self._deadline.error() from late
                failure = late
            except httpcore.ConnectError as refused:
                failure = refused
            else:
                self._check_peer(stream)
                guarded = _GuardedStream(stream, self._deadline)
                self._open.append(guarded)
                return guarded
        raise failure or httpcore.ConnectError(f"{host} has no address.")

    def connect_unix_socket(self, path: str, timeout: float | None = None, socket_options: Any = None) -> Any:
        raise AddressRefused("Sockets of this machine are never connected to.")

    def sleep(self, seconds: float) -> None:
        time.sleep(self._deadline.left(seconds))

    def _checked_addresses(self, host: str, port: int) -> Resolved:
        """All addresses of the host. Raises AddressRefused if one of them is not allowed."""
        addresses = list(dict.fromkeys(_look_up(host, port, self._deadline)))
        for address in addresses:
            self._check(address)
        return addresses

    def _check_peer(self, stream: httpcore.NetworkStream) -> None:
        peer = stream.get_extra_info("server_addr")
        try:
            self._check(ipaddress.ip_address(str(peer[0]).partition("%")[0]))
        except AddressRefused:
            stream.close()
            raise

    def _check(self, address: IPAddress) -> None:
        why = refusal(address, allow_private=self._allow_private)
        if why is not None:
            raise AddressRefused(f"The address was refused: {why}.")


def _look_up(host: str, port: int, deadline: Deadline) -> Resolved:
    """Resolve in a thread, because the system's resolver has no timeout and cannot be interrupted by a signal."""
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        pass  # a name, not an address
    outcome: list[Resolved | OSError] = []

    def look_up() -> None:
        try:
            outcome.append(resolve(host, port))
        except (OSError, UnicodeError) as failure:
            outcome.append(failure if isinstance(failure, OSError) else OSError(str(failure)))

    thread = threading.Thread(target=look_up, name="helix-resolve", daemon=True)
    thread.start()
    thread.join(deadline.left())
    if not outcome:
        raise deadline.error()
    if isinstance(outcome[0], OSError):
        raise httpcore.ConnectError(f"{host} was not found.") from outcome[0]
    return outcome[0]


class _GuardedStream(httpcore.NetworkStream):
    """A stream in which every wait ends at the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._stream.read(max_bytes, self._deadline.left(timeout))
        except httpcore.ReadTimeout as late:
            raise self._translated(late) from late

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        try:
            self._stream.write(buffer, self._deadline.left(timeout))
        except httpcore.WriteTimeout as late:
            raise self._translated(late) from late

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            self._stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left(timeout))
        except httpcore.ConnectTimeout as late:
            raise self._translated(late) from late
        return self

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _translated(self, late: Exception) -> Exception:
        return self._deadline.error() if self._deadline.is_over else late
