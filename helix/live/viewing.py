"""Presence: who has a task open right now, so that two people know of each other before they overwrite."""

import logging
import time
from typing import NamedTuple, cast

from helix.queue.connection import AWAY, redis

log = logging.getLogger(__name__)

FORGET_AFTER = 40  # seconds: two and a half pings of a page


class Viewer(NamedTuple):
    id: int
    name: str


def here(task_id: int, viewer: Viewer, page: str) -> None:
    """Record that this person has the task open on this page; repeated every few seconds."""
    try:
        pipe = redis().pipeline(transaction=False)
        pipe.zadd(_key(task_id), {_member(viewer, page): time.time()})
        pipe.expire(_key(task_id), FORGET_AFTER)
        pipe.execute()
    except AWAY as error:
        log.info("Presence at task %s was not recorded, Redis is away: %s", task_id, error)


def gone(task_id: int, viewer: Viewer, page: str) -> None:
    """This page no longer shows it; another page of the same person may."""
    try:
        redis().zrem(_key(task_id), _member(viewer, page))
    except AWAY as error:
        log.info("Leaving task %s was not recorded, Redis is away: %s", task_id, error)


def others(task_id: int, user_id: int | None) -> list[Viewer]:
    """The other people who have it open, the longest there first; none when Redis is away."""
    try:
        found = redis().zrangebyscore(_key(task_id), time.time() - FORGET_AFTER, "+inf")
    except AWAY:
        return []
    people = [cast(bytes, member).decode().split(":", 2) for member in found]
    return list(dict.fromkeys(Viewer(int(id), name) for id, _, name in people if id != str(user_id)))


def _member(viewer: Viewer, page: str) -> str:
    return f"{viewer.id}:{page}:{viewer.name}"


def _key(task_id: int) -> str:
    return f"helix:viewing:{task_id}"
