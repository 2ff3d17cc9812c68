"""One event loop per process, in a thread of its own, and a caller that waits where a signal can interrupt it safely."""

import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")


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


# The portal of this process, its context manager, which must not be collected, and the process.
_running: tuple[Any, AbstractContextManager[Any], int] | None = None


def _portal() -> Any:
    global _running
    if _running is None or _running[2] != os.getpid():
        from anyio.from_thread import start_blocking_portal

        context = start_blocking_portal("asyncio", name="helix-mcp")
        _running = context.__enter__(), context, os.getpid()
    return _running[0]


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
