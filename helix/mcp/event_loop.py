"""One event loop per process, in a thread of its own, and a caller that waits where a signal can interrupt it safely.

An exception of a signal handler is raised between any two instructions of the main thread, also while that holds a lock
which is then never released. So the work itself is never in the main thread, which only waits for its end.
"""

import atexit
import os
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_STOP_SECONDS = 10


class Unresponsive(Exception):
    """The work was not over in time, although it has limits of its own."""


class _Work(Generic[T]):
    """A coroutine of the event loop. Its end is put into `outcome`, unless it was abandoned."""

    def __init__(self, function: Callable[[], Awaitable[T]]) -> None:
        self._function = function
        self._abandoned = False
        self._scope: Any = None
        # Not a future: an exception of a signal handler might be raised while the lock of one is held.
        self.outcome: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    async def run(self) -> None:
        import anyio

        with anyio.CancelScope() as self._scope:
            if self._abandoned:
                return
            try:
                result = await self._function()
            except anyio.get_cancelled_exc_class():
                raise
            except BaseException as failure:  # noqa: BLE001 - it is raised again, in the thread that waits
                self.outcome.put((None, failure))
            else:
                self.outcome.put((result, None))

    def abandon(self) -> None:
        """Make it end. Work that has not begun yet never does."""
        self._abandoned = True
        with suppress(RuntimeError):
            _portal().start_task_soon(self._cancel)

    async def _cancel(self) -> None:
        if self._scope is not None:
            self._scope.cancel()


class _Loop:
    """The event loop of one process, in a thread that ends with it."""

    def __init__(self) -> None:
        self.process_id = os.getpid()
        started: SimpleQueue[Any] = SimpleQueue()
        # Not `start_blocking_portal`: in a forked process, its context manager waits for a thread that is not there.
        self._thread = threading.Thread(target=_run_portal, args=(started,), name="helix-mcp", daemon=True)
        self._thread.start()
        self.portal = started.get()
        atexit.register(self._stop)

    def _stop(self) -> None:
        """Cancel what runs, which ends programs, and wait for that."""
        if os.getpid() == self.process_id and self._thread.is_alive():
            self.portal.call(self.portal.stop, True)
            self._thread.join(_STOP_SECONDS)


def _run_portal(started: "SimpleQueue[Any]") -> None:
    import anyio
    from anyio.from_thread import BlockingPortal

    async def serve() -> None:
        async with BlockingPortal() as portal:
            started.put(portal)
            await portal.sleep_until_stopped()

    anyio.run(serve)


_loop: _Loop | None = None


def _portal() -> Any:
    global _loop
    if _loop is None or _loop.process_id != os.getpid():
        _loop = _Loop()
    return _loop.portal


def spawn(function: Callable[[], Awaitable[None]]) -> None:
    """Start a coroutine that goes on alone. It must not raise."""
    _portal().start_task_soon(function)


def run(function: Callable[[], Awaitable[T]], *, seconds: float) -> T:
    """Run a coroutine and wait for its result; its exceptions are raised here. Raises Unresponsive after `seconds`.

    When something else is raised here meanwhile, by a signal handler, the coroutine is cancelled.
    """
    work = _Work(function)
    try:
        _portal().start_task_soon(work.run)
        result, failure = work.outcome.get(timeout=seconds)
    except Empty:
        work.abandon()
        raise Unresponsive from None
    except BaseException:
        work.abandon()
        raise
    if failure is not None:
        raise failure
    return result  # type: ignore[return-value]
