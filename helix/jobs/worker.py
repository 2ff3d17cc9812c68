"""`helix worker`: one parent that loads what is heavy once, and forks the workers that share it."""

import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from types import FrameType

from flask import Flask
from setproctitle import setproctitle
from sqlalchemy.exc import SQLAlchemyError

from helix import llm, queue
from helix.extensions import db
from helix.jobs import context
from helix.jobs.rq_worker import QuickWorker, RunsWorker
from helix.jobs.runs import TITLE, worker_name
from helix.queue.connection import AWAY, blocking_redis
from helix.services import runs

log = logging.getLogger(__name__)

STOP_SECONDS = 7.0
# Whatever a library may hoard is given back now and then.
JOBS_OF_A_PROCESS = 500
PR_SET_PDEATHSIG = 1
LONGEST_BACK_OFF = 5.0


@dataclass
class Child:
    """One forked worker of a queue, and when it may be started again."""

    queue: str
    number: int
    pid: int = 0
    predecessor: int = 0
    failures: int = 0
    start_at: float = 0.0
    started_at: float = field(default=0.0)

    @property
    def name(self) -> str:
        return f"{socket.gethostname()}:{os.getpid()}:{self.queue}:{self.number}"


def main(app: Flask, kind: str, *, processes: int) -> int:
    """Serve `runs`, `quick` or `all` until told to stop. Returns the exit code."""
    setproctitle("helix worker")
    context.bind(app)
    llm.preload()
    with app.app_context():
        runs.rehearse()
        db.session.remove()
        db.engine.dispose()  # no connection is carried over a fork
    gc.collect()
    gc.freeze()  # what is loaded stays shared: a collection in a child would copy it
    children = []
    if kind in ("runs", "all"):
        children += [Child(queue.RUNS, number) for number in range(processes)]
    if kind in ("quick", "all"):
        children.append(Child(queue.QUICK, 0))
    return Parent(children).serve()


def serve(child: Child, parent: int) -> None:
    """In the forked process: work until told to stop, or until a fresh process is due."""
    stop_with(parent)
    kind = RunsWorker if child.queue == queue.RUNS else QuickWorker
    setproctitle(TITLE if kind is RunsWorker else f"helix worker {child.queue}")
    if kind is RunsWorker and child.predecessor:
        close_what_was_held(child.predecessor)
    worker = kind([child.queue], connection=blocking_redis(), name=f"{child.name}:{os.getpid()}", worker_ttl=60)
    worker.log_job_description = False
    worker.procline = lambda message: None  # type: ignore[method-assign]
    worker.work(logging_level="WARNING", max_jobs=JOBS_OF_A_PROCESS if kind is RunsWorker else None)


def stop_with(parent: int) -> None:
    """Should the parent be killed, this process is told to stop, and hands its run back. Linux alone knows this."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed just now
            sys.exit(1)


def close_what_was_held(pid: int) -> None:
    """The run of a worker that was killed is closed at once by its successor, and gets its next attempt."""
    with context.app().app_context():
        try:
            runs.lost_by(worker_name(pid))
        except SQLAlchemyError as error:
            log.warning("A lost run is left to the sweeper, the database did not answer: %s", error)


class Parent:
    """Keeps its children alive, says for them that they are, and stops them all."""

    def __init__(self, children: list[Child]) -> None:
        self._children = children
        self._stopping = False

    def serve(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        log.info("Ready for work", extra={"workers": [child.name for child in self._children]})
        said_at = 0.0
        while not self._stopping:
            self._reap()
            for child in self._children:
                if not child.pid and time.monotonic() >= child.start_at:
                    self._start(child)
            if time.monotonic() - said_at > 4:
                said_at = time.monotonic()
                self._say_alive()
            time.sleep(0.25)
        self._stop_children()
        self._say_alive(gone=True)
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
            serve(child, parent)
            code = 0
        except AWAY as error:
            log.warning("Redis cannot be reached: %s", error)
        except BaseException:
            log.exception("A worker of %s broke", child.queue)
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
            if status == 0 and lived > 5:  # it has worked long enough
                child.failures = 0
                continue
            child.failures = 0 if lived > 30 else child.failures + 1
            wait = min(0.2 * 2**child.failures, LONGEST_BACK_OFF)
            log.warning("A worker of %s ended; starting it again in %.1f s", child.queue, wait)
            child.start_at = time.monotonic() + wait

    def _say_alive(self, *, gone: bool = False) -> None:
        try:
            for child in self._children:
                queue.say_alive(child.queue, child.name, gone=gone or not child.pid)
        except AWAY:
            log.debug("Redis is away; nobody to tell that we are alive")

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
            log.warning("A worker of %s did not stop in time; its run is handed back by the sweeper", child.queue)
            os.kill(child.pid, signal.SIGKILL)

    def _living(self) -> list[Child]:
        return [child for child in self._children if child.pid]
