"""Context fields of a thread's log lines, such as the ids of the request, the run or the job."""

from contextlib import AbstractContextManager

from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars


def reset(**fields: object) -> None:
    """Replace all context fields of this thread."""
    clear_contextvars()
    bind_contextvars(**fields)


def bind(**fields: object) -> None:
    bind_contextvars(**fields)


def bound(**fields: object) -> AbstractContextManager[None]:
    """Add fields to the log lines of this thread within the `with` block."""
    return bound_contextvars(**fields)
