"""The parent of forked processes: restarts them, reports which workers are alive, and stops them."""

import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType

from helix import queue
from helix.backoff import backoff
from helix.queue.connection import AWAY

log = logging.getLogger(__name__)

# More than a tool call that cannot be repeated gets to finish (helix/jobs/watch.py).
STOP_SECONDS = 13.0
FIRST_BACKOFF, LONGEST_BACKOFF = 0.2, 5.0


@dataclass
class Child:
    """One forked process and when it may be restarted. `kind` is the queue it serves, or `scheduler`."""

    kind: str
    number: int = 0
    pid: int = 0
    predecessor: int = 0
    failures: int = 0
    start_at: float = 0.0
    started_at: float = 0.0

    @property
    def name(self) -> str:
        return f"{socket.gethostname()}:{os.getpid()}:{self.kind}:{self.number}"

    @property
    def is_worker(self) -> bool:
        return self.kind in (queue.RUNS, queue.QUICK)

    def __str__(self) -> str:
        return f"worker of {self.kind}" if self.is_worker else self.kind


class Parent:
    """`serve` runs in the child after the fork, with the child and the pid of its parent; `database` identifies the
    database of the workers."""

    def __init__(self, children: Sequence[Child], serve: Callable[[Child, int], None], *, database: str = "") -> None:
        self._database = database
        self._children = children
        self._serve = serve
        self._stopping = False

    def run(self) -> int:
        """Run until SIGTERM or SIGINT. Returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        log.info("Ready for work", extra={"workers": [child.name for child in self._workers()]})
        reported_at = 0.0
        while not self._stopping:
            self._reap()
            for child in self._children:
                if not child.pid and time.monotonic() >= child.start_at:
                    self._start(child)
            if time.monotonic() - reported_at > 4:
                reported_at = time.monotonic()
                self._report_alive()
            time.sleep(0.25)
        self._stop_children()
        self._report_alive(gone=True)
        return 0

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _start(self, child: Child) -> None:
        child.started_at = time.monotonic()
        parent = os.getpid()
        pid = os.fork()
        if pid:
            child.pid = pid
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        code = 1
        try:
            self._serve(child, parent)
            code = 0
        except AWAY as error:
            log.warning("Redis cannot be reached: %s", error)
        except BaseException:
            log.exception("A %s failed", child)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _reap(self) -> None:
        for child in self._children:
            if not child.pid:
                continue
            pid, status = os.waitpid(child.pid, os.WNOHANG)
            if not pid:
                continue
            child.pid, child.predecessor = 0, pid
            lived = time.monotonic() - child.started_at
            if status == 0 and lived > 5:  # it served its number of jobs
                child.failures = 0
                continue
            child.failures = 0 if lived > 30 else child.failures + 1
            wait = backoff(child.failures + 1, first=FIRST_BACKOFF, longest=LONGEST_BACKOFF)
            log.warning("A %s ended; starting it again in %.1f s", child, wait)
            child.start_at = time.monotonic() + wait

    def _report_alive(self, *, gone: bool = False) -> None:
        try:
            for child in self._workers():
                queue.report_alive(child.kind, child.name, database=self._database, gone=gone or not child.pid)
            queue.report_started()
        except AWAY:
            log.debug("Redis is not reachable, so the workers cannot be reported as alive")

    def _stop_children(self) -> None:
        for child in self._living():
            os.kill(child.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self._living() and time.monotonic() < deadline:
            for child in self._living():
                if os.waitpid(child.pid, os.WNOHANG)[0]:
                    child.pid = 0
            time.sleep(0.05)
        for child in self._living():
            log.warning("A %s did not stop in time; the sweeper will close its run", child)
            os.kill(child.pid, signal.SIGKILL)

    def _workers(self) -> list[Child]:
        return [child for child in self._children if child.is_worker]

    def _living(self) -> list[Child]:
        return [child for child in self._children if child.pid]
