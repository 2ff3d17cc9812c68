"""Only one installation per data folder and port: checked before anything starts."""

import errno
import fcntl
import os
import socket
import time
from contextlib import suppress
from pathlib import Path

from helix.supervisor.errors import CannotRun


class FolderLock:
    """An exclusive lock on a file, held by this process and by children that inherit `descriptor`.

    The kernel releases it when its holders end, however they end.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self, *, seconds: float = 0.0) -> bool:
        """Try for `seconds` to get the lock, and return whether it is held. Writes our process id to the file."""
        until = time.monotonic() + seconds
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.ftruncate(self.descriptor, 0)
                os.pwrite(self.descriptor, f"{os.getpid()}\n".encode(), 0)
                return True
            if time.monotonic() >= until:
                return False
            time.sleep(0.1)

    def holder(self) -> str:
        """The process id that the holder wrote, or an empty string."""
        return os.pread(self.descriptor, 32, 0).decode(errors="replace").strip()

    def release(self) -> None:
        """Close the file. A child that inherited the descriptor keeps the lock while it runs."""
        os.close(self.descriptor)


def check_port(host: str, port: int) -> None:
    """Raises CannotRun if nothing can listen on `host` and `port`."""
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise CannotRun(
            f"HOST={host} is not an address of this machine. Use HOST=127.0.0.1 to accept only local connections."
        ) from error
    family, kind, protocol, _, address = addresses[0]
    with socket.socket(family, kind, protocol) as probe:
        # As the server does, so that a recently closed connection does not occupy the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as error:
            raise CannotRun(_reason(host, port, error)) from error


def _reason(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8000
        return f"Port {port} is already in use. Stop what uses it, or choose another port: PORT={other} make run"
    if error.errno == errno.EACCES:
        return (
            f"Port {port} needs privileges that this account does not have. Choose one above 1023: PORT=8000 make run"
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"HOST={host} is not an address of this machine. Use HOST=127.0.0.1 to accept only local connections."
    return f"Nothing can listen on {host}, port {port}: {error.strerror}."
