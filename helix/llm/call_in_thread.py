"""Run a call in a thread of its own, while the caller waits where it can be stopped safely.

A signal handler's exception is raised between any two instructions of the main thread. Inside of litellm that may be
in a finalizer, where Python drops it, or while a lock is held that nobody opens again; both were seen. So the main
thread does nothing but wait for the next piece, and when it is stopped it hangs up, which ends the thread.
"""

import contextvars
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from typing import TypeVar

Piece = TypeVar("Piece")

# How long a thread may take to notice that its line is dead, before it is left to end alone.
_JOIN_SECONDS = 2.0


class TooSlow(Exception):
    """The time is up, and the thread has not said so itself."""


class _End:
    """The last thing in the queue, with what went wrong, if something did."""

    def __init__(self, failure: BaseException | None) -> None:
        self.failure = failure


def pieces(produce: Callable[[], Iterable[Piece]], *, seconds: float, hang_up: Callable[[], None]) -> Iterator[Piece]:
    """What `produce` yields in its thread, with the context variables of here; what it raises is raised here.

    Raises TooSlow after `seconds`. However this ends before `produce` does, `hang_up` is called.
    """
    queue: SimpleQueue[Piece | _End] = SimpleQueue()
    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(_fill, queue, produce), name="helix-llm-call", daemon=True)
    ends = time.monotonic() + seconds
    ended = False
    thread.start()
    try:
        while True:
            try:
                got = queue.get(timeout=max(ends - time.monotonic(), 0))
            except Empty:
                raise TooSlow from None
            if isinstance(got, _End):
                ended = True
                thread.join(_JOIN_SECONDS)
                if got.failure is not None:
                    raise got.failure
                return
            yield got
    finally:
        if not ended:
            hang_up()


def _fill(queue: "SimpleQueue[Piece | _End]", produce: Callable[[], Iterable[Piece]]) -> None:
    try:
        for piece in produce():
            queue.put(piece)
    except BaseException as failure:  # noqa: BLE001 - it is raised again, in the thread that waits
        queue.put(_End(failure))
    else:
        queue.put(_End(None))
