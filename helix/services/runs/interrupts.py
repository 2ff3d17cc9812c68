"""What stops a run from outside, during a model call or a tool call."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import StrEnum


class Interrupt(StrEnum):
    CANCELLED = "cancelled"  # a person cancelled, or another worker took over: the row is not ours any more
    TIMED_OUT = "timed_out"  # the run's wall-clock limit
    HANDED_BACK = "handed_back"  # this worker is told to stop


class Interrupted(BaseException):
    """Raised in the thread that waits for the model. A BaseException, so that no library catches it."""

    def __init__(self, cause: Interrupt) -> None:
        self.cause = cause
        super().__init__(cause)


Interruptible = Callable[[], AbstractContextManager[None]]
