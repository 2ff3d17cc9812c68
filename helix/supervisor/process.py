"""One child process: start, output, stop, and the delay before a restart."""

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from helix.backoff import backoff

PROC = Path("/proc")
LAUNCHER = Path(__file__).with_name("launcher.py")
FIRST_DELAY, LONGEST_DELAY = 0.25, 5.0
# Seconds. After a child ran this long, the next delay is the shortest again.
HEALTHY_AFTER = 10.0


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, the name that prefixes its output, and its additional environment variables."""

    name: str
    program: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Process:
    """A child in its own session, so that Ctrl-C in a terminal reaches only the supervisor, which then signals once."""

    def __init__(self, command: Command, *, environment: Mapping[str, str], keep_open: Sequence[int] = ()) -> None:
        """`keep_open`: file descriptors that the child inherits, such as a lock that it holds while it runs."""
        self.command = command
        self.name = command.name
        self.last_lines: deque[str] = deque(maxlen=5)
        # Whether the child has closed its output.
        self.output_closed = False
        self._environment = {**environment, **command.environment}
        self._keep_open = tuple(keep_open)
        self._child: subprocess.Popen[bytes] | None = None
        self._unfinished = b""
        self._started_at = 0.0
        self._early_exits = 0

    def start(self) -> None:
        self._unfinished = b""
        self.output_closed = False
        self._started_at = time.monotonic()
        self._child = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER), str(os.getpid()), *self.command.program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            pass_fds=self._keep_open,
            start_new_session=True,
        )
        os.set_blocking(self.output, False)

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def output(self) -> int:
        """The file descriptor of its standard output and error."""
        assert self._running.stdout is not None
        return self._running.stdout.fileno()

    @property
    def started(self) -> bool:
        return self._child is not None

    def ended(self) -> int | None:
        """The exit code, negative for a signal; None while it runs or before it was started."""
        return self._child.poll() if self._child else None

    def alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def lines(self) -> list[str]:
        """The complete lines written since the last call. Does not wait."""
        pieces = [self._unfinished]
        with suppress(BlockingIOError):
            while piece := os.read(self.output, 65536):
                pieces.append(piece)
            self.output_closed = True
        *whole, self._unfinished = b"".join(pieces).split(b"\n")
        lines = [line.decode(errors="replace").rstrip("\r") for line in whole]
        self.last_lines.extend(line for line in lines if line.strip())
        return lines

    def last_output(self) -> str:
        """The last two lines it wrote, joined: programs that fail say why there."""
        return " ".join(line.strip() for line in list(self.last_lines)[-2:]) or "It printed nothing."

    def terminate(self) -> None:
        """SIGTERM for the child only, which stops its own children (RQ fails jobs whose work horse is signalled)."""
        with suppress(ProcessLookupError):
            self._running.send_signal(signal.SIGTERM)

    def clean_up(self) -> list[str]:
        """Kill the rest of its session and return its last lines. After this it can be started again."""
        kill_session(self.pid)
        self._running.wait()
        last = self.lines()
        if self._unfinished:
            last.append(self._unfinished.decode(errors="replace"))
            self.last_lines.append(last[-1])
        assert self._running.stdout is not None
        self._running.stdout.close()
        self._child = None
        return last

    def next_restart_delay(self) -> float:
        """Seconds to wait before the next start: doubled after every early exit, up to five."""
        if time.monotonic() - self._started_at > HEALTHY_AFTER:
            self._early_exits = 0
        self._early_exits += 1
        return backoff(self._early_exits, first=FIRST_DELAY, longest=LONGEST_DELAY)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child


def session_members(leader: int) -> list[int]:
    """The running processes of the session of `leader`, also after that has ended. Empty outside of Linux."""
    pids = []
    for entry in PROC.glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            # pid (name) state ppid pgrp session ...: the name may contain spaces and parentheses.
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == leader and fields[0] not in "ZX":
                pids.append(int(entry.name))
    return pids


def kill_session(leader: int) -> None:
    """SIGKILL for the whole session. RQ's work horses have their own process groups, so the group is not enough."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
    for pid in session_members(leader):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
