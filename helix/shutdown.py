"""Is this process about to stop? Whoever waits for long, such as an event stream, asks here and ends at once."""

import threading
from collections.abc import Callable

_stopping = threading.Event()
_callbacks: list[Callable[[], None]] = []


def is_stopping() -> bool:
    return _stopping.is_set()


def wait(seconds: float) -> bool:
    """Sleep, but no longer than until the stop. Whether we are stopping."""
    return _stopping.wait(seconds)


def on_stop(callback: Callable[[], None]) -> None:
    """Have something woken on the stop. It runs in a signal handler: it may put or set something, and no more."""
    _callbacks.append(callback)


def begin() -> None:
    """Called once by whatever runs the process, when it is told to end."""
    if _stopping.is_set():
        return
    _stopping.set()
    for callback in _callbacks:
        callback()
