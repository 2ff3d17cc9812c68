import json
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from helix.queue.connection import AWAY, redis

log = logging.getLogger(__name__)

EVENTS = "helix:events"
TEXTS = "helix:run-text"
RIGHTS = "helix:rights"
SO_FAR_SECONDS = 3600

_held: ContextVar[dict[str, None] | None] = ContextVar("held", default=None)


def channel(name: str) -> str:
    """The channel of this installation: Redis keeps keys apart by database number, but not what is published."""
    return f"{name}:{redis().connection_pool.connection_kwargs.get('db') or 0}"


def publish(
    kind: str,
    id: int | None = None,
    *,
    board_id: int | None = None,
    user_id: int | None = None,
    **ids: int | str | None,
) -> None:
    """Tell the open pages that a `task`, `run`, `comment`, `agent`, `notification` or `board` changed.

    `board_id` keeps it to those who may see the board, `user_id` to one person. A page that misses it
    because Redis is away reloads its parts when it reconnects.
    """
    event = json.dumps({"kind": kind, "id": id, "board_id": board_id, "user_id": user_id, **ids})
    held = _held.get()
    if held is None:
        _send([event])
    else:
        held[event] = None


@contextmanager
def together() -> Iterator[None]:
    """What is published inside reaches Redis at the end: all of it in one round trip, and the same event once."""
    if _held.get() is not None:
        yield
        return
    held: dict[str, None] = {}
    token = _held.set(held)
    try:
        yield
    finally:
        _held.reset(token)
        if held:
            _send(held)


def _send(events: Collection[str]) -> None:
    try:
        name = channel(EVENTS)
        if len(events) == 1:
            redis().publish(name, *events)
            return
        pipe = redis().pipeline(transaction=False)
        for event in events:
            pipe.publish(name, event)
        pipe.execute()
    except AWAY as error:
        log.info("Not told to the open pages, Redis is away: %s", error)


def run_text(run_id: int, task_id: int, board_id: int, text: str, *, offset: int) -> bool:
    """A piece of what a run is writing; `offset` counts the characters before it. Kept for pages that open later.

    False when Redis is away.
    """
    event = {"run_id": run_id, "task_id": task_id, "board_id": board_id, "offset": offset, "text": text}
    try:
        pipe = redis().pipeline(transaction=False)
        if offset == 0:
            pipe.delete(_so_far(run_id))
        pipe.append(_so_far(run_id), text)
        pipe.expire(_so_far(run_id), SO_FAR_SECONDS)
        pipe.publish(channel(TEXTS), json.dumps(event))
        pipe.execute()
    except AWAY as error:
        log.info("Not streamed, Redis is away: %s", error)
        return False
    return True


def text_so_far(run_id: int) -> str | None:
    """What a live run has written until now; None when Redis is away, and nobody knows."""
    try:
        found = redis().get(_so_far(run_id))
    except AWAY:
        return None
    return found.decode() if isinstance(found, bytes) else ""


def _so_far(run_id: int) -> str:
    return f"helix:run-so-far:{run_id}"
