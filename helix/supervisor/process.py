"""One child: how it is started, read, stopped, and how long to wait before it is started again."""

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
from helix.supervisor import session

LAUNCHER = Path(__file__).with_name("launcher.py")
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0
# A child that ran this long was healthy: the next pause is the shortest again.
HEALTHY_AFTER = 10.0


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, under which name its lines appear, and what its environment holds beyond the supervisor's."""

    name: str
    program: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


class Process:
    """A child in a session of its own: a terminal's Ctrl-C reaches only the supervisor, which then signals once."""

    def __init__(self, command: Command, *, environment: Mapping[str, str], keep_open: Sequence[int] = ()) -> None:
        """`keep_open`: file descriptors that the child inherits, such as a lock that it holds while it lives."""
        self.command = command
        self.name = command.name
        self.last_lines: deque[str] = deque(maxlen=5)
        # Whether it has closed its output: there is nothing left to wait for.
        self.silent = False
        self._environment = {**environment, **command.environment}
        self._keep_open = tuple(keep_open)
        self._child: subprocess.Popen[bytes] | None = None
        self._unfinished = b""
        self._started_at = 0.0
        self._early_exits = 0

    def start(self) -> None:
        self._unfinished = b""
        self.silent = False
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
        """What it has written since the last call, without waiting, as whole lines."""
        pieces = [self._unfinished]
        with suppress(BlockingIOError):
            while piece := os.read(self.output, 65536):
                pieces.append(piece)
            self.silent = True
        *whole, self._unfinished = b"".join(pieces).split(b"\n")
        found = [line.decode(errors="replace").rstrip("\r") for line in whole]
        self.last_lines.extend(line for line in found if line.strip())
        return found

    def last_words(self) -> str:
        """The end of what it wrote, on one line: where a program that failed says why."""
        return " ".join(line.strip() for line in list(self.last_lines)[-2:]) or "It said nothing."

    def terminate(self) -> None:
        """SIGTERM for the child alone: its own children are its to stop (RQ fails jobs whose horse is signalled)."""
        with suppress(ProcessLookupError):
            self._running.send_signal(signal.SIGTERM)

    def clear(self) -> list[str]:
        """Kill what is left of its session, and give its last lines. After this it can be started again."""
        session.kill(self.pid)
        self._running.wait()
        last = self.lines()
        if self._unfinished:
            last.append(self._unfinished.decode(errors="replace"))
            self.last_lines.append(last[-1])
        assert self._running.stdout is not None
        self._running.stdout.close()
        self._child = None
        return last

    def next_pause(self) -> float:
        """Seconds to wait before the next start: doubled from one early exit to the next, up to five."""
        if time.monotonic() - self._started_at > HEALTHY_AFTER:
            self._early_exits = 0
        self._early_exits += 1
        return backoff(self._early_exits, first=FIRST_PAUSE, longest=LONGEST_PAUSE)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child
