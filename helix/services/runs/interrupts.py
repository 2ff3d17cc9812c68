"""What stops a run from outside, during a model call or a tool call."""

from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Protocol


class Interrupt(StrEnum):
    CANCELLED = "cancelled"  # a person cancelled, or another worker took over: the row is not ours any more
    TIMED_OUT = "timed_out"  # the run's wall-clock limit
    HANDED_BACK = "handed_back"  # this worker is told to stop


class Interrupted(BaseException):
    """Raised in the thread that waits for the model. A BaseException, so that no library catches it."""

    def __init__(self, cause: Interrupt) -> None:
        self.cause = cause
        super().__init__(cause)


class Interruptible(Protocol):
    """Makes the context of what takes time, in which an `Interrupted` may be raised.

    `patient`: what is in it cannot be repeated, so that a worker that is told to stop gives it some seconds to finish.
    """

    def __call__(self, *, patient: bool = False) -> AbstractContextManager[None]: ...


def uninterrupted(*, patient: bool = False) -> AbstractContextManager[None]:
    """Where nothing interrupts."""
    return nullcontext()
