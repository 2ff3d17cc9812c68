"""Monitors the run, or the trial of an agent, of this process while its main thread waits for a model.

A thread writes the heartbeat, notices within two seconds that the run was cancelled, and enforces its time limit. It
interrupts the main thread with a signal, whose handler raises `Interrupted`: nothing else can end a read that may block
for minutes.
"""

import contextvars
import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Protocol

from flask import Flask
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from helix import shutdown
from helix.services import runs
from helix.services.runs import Heartbeat, Interrupt, Interrupted

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 1.5
RESEND_SECONDS = 1.0
# What a tool call that cannot be repeated gets to finish when the worker is told to stop.
PATIENCE_SECONDS = 10.0


class Watched(Protocol):
    """What a process works on: `seconds` is the limit of one call, `seconds_left` that of the whole."""

    @property
    def seconds(self) -> float: ...

    @property
    def seconds_left(self) -> float: ...


class Watch:
    """A context manager around a run, for the main thread. Use `interruptible()` around the model call.

    `beat` writes the heartbeat, and says whether this process is to go on.
    """

    def __init__(self, app: Flask, claim: Watched, beat: Callable[[Any], Heartbeat] = runs.beat) -> None:
        self._app = app
        self._claim = claim
        self._beat = beat
        self._deadline = time.monotonic() + claim.seconds_left
        self._over = threading.Event()
        self._armed = False
        self._patient = False
        # When a call that gets time to finish is interrupted after all.
        self._patient_until: float | None = None
        self._cause: Interrupt | None = None
        # Log lines of the thread have the same context.
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._watch,), name="watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGUSR1)}
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGUSR1, self._interrupt)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(timeout=5)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @contextmanager
    def interruptible(self, *, patient: bool = False) -> Iterator[None]:
        """Inside, an interruption is raised at once; outside it waits, so that database writes are complete.

        The block has the time limit of one call, or what is left of the run's. A `patient` one gets PATIENCE_SECONDS
        to finish when the worker is told to stop.
        """
        at_last = time.monotonic() + self._claim.seconds_left
        self._deadline = min(at_last, time.monotonic() + self._claim.seconds)
        self._armed = True
        try:
            if self._cause:
                raise Interrupted(self._cause)
            self._patient = patient
            yield
        finally:
            self._armed = self._patient = False
            self._patient_until = None
            self._deadline = at_last

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        shutdown.begin()
        self._cause = self._cause or Interrupt.HANDED_BACK
        if self._patient and self._patient_until is None:
            # The thread interrupts it when this time is over.
            self._patient_until = time.monotonic() + PATIENCE_SECONDS
            return
        self._raise()

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self._raise()

    def _raise(self) -> None:
        if self._armed and self._cause:
            raise Interrupted(self._cause)

    def _watch(self) -> None:
        while not self._over.wait(HEARTBEAT_SECONDS):
            now, patient_until = time.monotonic(), self._patient_until
            if now > self._deadline or (patient_until is not None and now > patient_until):
                self._end(Interrupt.TIMED_OUT)
                return
            try:
                with self._app.app_context():
                    heartbeat = self._beat(self._claim)
            except (SQLAlchemyError, RedisError) as error:
                # If the database is away for too long, another worker takes over, and the fence rejects our writes.
                log.warning("The heartbeat could not be written: %s", error)
                continue
            if heartbeat == Heartbeat.LOST:
                self._end(Interrupt.CANCELLED)
                return

    def _end(self, cause: Interrupt) -> None:
        self._cause = self._cause or cause
        # Repeated until it works, because Python drops an exception that a handler raises in a finalizer.
        while not self._over.is_set():
            os.kill(os.getpid(), signal.SIGUSR1)
            self._over.wait(RESEND_SECONDS)
