"""Run a blocking call in a thread, while the caller waits where a signal can interrupt it safely.

A signal handler's exception is raised between any two instructions of the main thread. Inside litellm that may be in a
finalizer, where Python drops the exception, or while a lock is held that is then never released; both were observed. So
the main thread only waits for the next item. When it is interrupted, it closes the connection, which ends the thread.
"""

import contextvars
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import TypeVar

T = TypeVar("T")

# How long a thread may take to end after its last item, before it is left to end alone.
_JOIN_SECONDS = 2.0


class CallTimedOut(Exception):
    """The time limit passed before the thread finished or failed."""


class _End:
    """The last item in the queue, with the exception that ended the call, if there was one."""

    def __init__(self, failure: BaseException | None) -> None:
        self.failure = failure


def iterate(produce: Callable[[], Iterable[T]], *, seconds: float, hang_up: Callable[[], None]) -> Iterator[T]:
    """The items that `produce` yields in a thread with the caller's context variables. Its exceptions are raised here.

    Raises CallTimedOut after `seconds`. Calls `hang_up` if the iteration ends, for any reason, before `produce` does.
    """
    queue: SimpleQueue[T | _End] = SimpleQueue()
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(_fill, queue, produce), name="helix-llm-call", daemon=True)
    deadline = time.monotonic() + seconds
    ended = False
    try:
        # An exception of a signal handler may be raised here, too, when the thread is running already.
        thread.start()
        while True:
            try:
                item = queue.get(timeout=max(deadline - time.monotonic(), 0))
            except Empty:
                raise CallTimedOut from None
            if isinstance(item, _End):
                ended = True
                thread.join(_JOIN_SECONDS)
                if item.failure is not None:
                    raise item.failure
                return
            yield item
    finally:
        if not ended:
            hang_up()


def _fill(queue: "SimpleQueue[T | _End]", produce: Callable[[], Iterable[T]]) -> None:
    try:
        for item in produce():
            queue.put(item)
    except BaseException as failure:  # noqa: BLE001 - it is raised again, in the thread that waits
        queue.put(_End(failure))
    else:
        queue.put(_End(None))
