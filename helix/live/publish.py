import json
import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from helix.queue.connection import AWAY, redis

log = logging.getLogger(__name__)

EVENTS = "helix:events"
TEXTS = "helix:run-text"
RIGHTS = "helix:rights"
SO_FAR_SECONDS = 3600

_batch: ContextVar[dict[str, None] | None] = ContextVar("batch", default=None)


def channel(name: str) -> str:
    """The channel of this installation: Redis separates keys by database number, but not published messages."""
    return f"{name}:{redis().connection_pool.connection_kwargs.get('db') or 0}"


def publish(
    kind: str,
    id: int | None = None,
    *,
    board_id: int | None = None,
    user_id: int | None = None,
    **ids: int | str | None,
) -> None:
    """Notify the open pages that a `task`, `run`, `comment`, `agent`, `notification`, `request` or `board` changed.

    `board_id` keeps it to those who may see the board, `user_id` to one person. A page that misses it
    because Redis is away reloads its parts when it reconnects.
    """
    event = json.dumps({"kind": kind, "id": id, "board_id": board_id, "user_id": user_id, **ids})
    batch = _batch.get()
    if batch is None:
        _send([event])
    else:
        batch[event] = None


@contextmanager
def together() -> Iterator[None]:
    """Events published inside are sent at the end, in one round trip and without duplicates."""
    if _batch.get() is not None:
        yield
        return
    batch: dict[str, None] = {}
    token = _batch.set(batch)
    try:
        yield
    finally:
        _batch.reset(token)
        if batch:
            _send(batch)


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
        log.info("Open pages were not notified, Redis is away: %s", error)


class StreamedSoFar(NamedTuple):
    """What a live run has written: the text, its complete blocks as safe HTML, and the text after those."""

    text: str = ""
    html: str = ""
    rest: str = ""


def run_text(
    run_id: int, task_id: int, board_id: int, text: str, *, offset: int, html: str = "", rest: str | None = None
) -> bool:
    """A piece of what a run is writing; `offset` counts the characters before it. Kept for pages that open later.

    `html` are the blocks that it completes, `rest` the text after them, from the last complete block on; by default
    nothing is complete. Returns False when Redis is away.
    """
    event = {"run_id": run_id, "task_id": task_id, "board_id": board_id, "offset": offset, "text": text}
    if html:
        event |= {"html": html, "rest": rest or ""}
    try:
        # Read together, so written together.
        pipe = redis().pipeline(transaction=True)
        text_key, html_key, rest_key = _so_far(run_id)
        if offset == 0:
            pipe.delete(text_key, html_key, rest_key)
        pipe.append(text_key, text)
        if html:
            pipe.append(html_key, html)
        if html or rest is not None:
            pipe.set(rest_key, rest or "")
        else:
            pipe.append(rest_key, text)
        for key in (text_key, html_key, rest_key):
            pipe.expire(key, SO_FAR_SECONDS)
        pipe.publish(channel(TEXTS), json.dumps(event))
        pipe.execute()
    except AWAY as error:
        log.info("Not streamed, Redis is away: %s", error)
        return False
    return True


def text_so_far(run_id: int) -> str | None:
    """What a live run has written until now; None when Redis is away."""
    found = streamed_so_far(run_id)
    return None if found is None else found.text


def streamed_so_far(run_id: int) -> StreamedSoFar | None:
    """As `text_so_far`, with what of it is rendered."""
    try:
        found = redis().mget(_so_far(run_id))
    except AWAY:
        return None
    text, html, rest = (part.decode() if isinstance(part, bytes) else "" for part in found)
    return StreamedSoFar(text, html, rest if html else text)


def _so_far(run_id: int) -> tuple[str, str, str]:
    """The keys of text, HTML and rest."""
    return f"helix:run-so-far:{run_id}", f"helix:run-so-far:{run_id}:html", f"helix:run-so-far:{run_id}:rest"
