"""What the lines of a thread are about: a request, a run, a job."""

from contextlib import AbstractContextManager

from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars


def reset(**fields: object) -> None:
    """Forget what this thread's lines were about, and begin with these fields."""
    clear_contextvars()
    bind_contextvars(**fields)


def bind(**fields: object) -> None:
    bind_contextvars(**fields)


def bound(**fields: object) -> AbstractContextManager[None]:
    """Within the block every line of this thread carries the fields."""
    return bound_contextvars(**fields)
