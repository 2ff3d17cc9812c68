"""Graceful shutdown: long waits, such as event streams, check here whether the process is stopping and end early."""

import threading
from collections.abc import Callable

_stopping = threading.Event()
_callbacks: list[Callable[[], None]] = []


def is_stopping() -> bool:
    return _stopping.is_set()


def wait(seconds: float) -> bool:
    """Sleep for `seconds` or until shutdown begins. Returns whether the process is stopping."""
    return _stopping.wait(seconds)


def on_stop(callback: Callable[[], None]) -> None:
    """Call `callback` when shutdown begins. It runs in a signal handler and must not block."""
    _callbacks.append(callback)


def begin() -> None:
    """Begin the shutdown. Called by the process manager on a stop signal; safe to repeat."""
    if _stopping.is_set():
        return
    _stopping.set()
    for callback in _callbacks:
        callback()
