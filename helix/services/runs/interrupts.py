"""What can stop a run from outside, in the middle of a model call."""

from enum import StrEnum


class Interrupt(StrEnum):
    CANCELLED = "cancelled"  # a person cancelled, or another worker took over: the row is not ours any more
    TIMED_OUT = "timed_out"  # the run's wall-clock limit
    HANDED_BACK = "handed_back"  # this worker is told to stop


class Interrupted(BaseException):
    """Raised into the thread that waits for the model. No Exception, so that no library swallows it."""

    def __init__(self, cause: Interrupt) -> None:
        self.cause = cause
        super().__init__(cause)
