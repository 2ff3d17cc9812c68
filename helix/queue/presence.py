"""Which workers are alive: each reports every few seconds, and is dropped when it stops.

A worker that is still loading reports that it is starting, so that requests can wait for it.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from helix.queue.connection import AWAY, redis

log = logging.getLogger(__name__)

QUEUES = ("runs", "quick")
FORGET_AFTER = 15  # seconds
# Loading takes many seconds on a busy machine. A worker that is killed meanwhile counts as starting for this long.
FORGET_STARTING_AFTER = 120
_cache: tuple[float, "Presence"] | None = None


@dataclass(frozen=True)
class Presence:
    """`queue`: whether Redis answers. The other fields count workers per queue, alive and starting."""

    queue: bool
    runs: int = 0
    quick: int = 0
    runs_starting: int = 0
    quick_starting: int = 0

    @property
    def workers(self) -> int:
        return self.runs + self.quick

    @property
    def starting(self) -> int:
        return self.runs_starting + self.quick_starting


def _key(queue: str) -> str:
    return f"helix:alive:{queue}"


def _starting_key(queue: str) -> str:
    return f"helix:starting:{queue}"


def report_alive(queue: str, worker: str, *, database: str = "", gone: bool = False) -> None:
    """Report that `worker` serves `queue`, or with `gone` that it stopped; `database` identifies its database.

    Raises one of AWAY.
    """
    client = redis()
    member = f"{worker}@{database}"
    if gone:
        client.zrem(_key(queue), member)
    else:
        client.zadd(_key(queue), {member: time.time()})


def report_starting(queues: Sequence[str]) -> None:
    """Report that this process will serve these queues once it has loaded. Raises one of AWAY."""
    for queue in queues:
        redis().zadd(_starting_key(queue), {_this_process(): time.time()})


def report_started() -> None:
    """Report that this process is no longer starting: its workers are alive, or it failed. Raises one of AWAY."""
    for queue in QUEUES:
        redis().zrem(_starting_key(queue), _this_process())


@contextmanager
def starting(queues: Sequence[str]) -> Iterator[None]:
    """Report a worker process as starting while it loads. Without Redis nothing is reported."""
    _if_redis_answers(lambda: report_starting(queues))
    try:
        yield
    finally:
        _if_redis_answers(report_started)


def _this_process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _if_redis_answers(report: Callable[[], None]) -> None:
    try:
        report()
    except AWAY as error:
        log.debug("Redis is not reachable, a worker was not reported: %s", error)


def workers_on_this_host() -> int:
    """How many workers on this machine (or container) are alive. Raises one of AWAY."""
    return sum(name.startswith(f"{socket.gethostname()}:") for name in _alive())


def workers_here() -> set[int]:
    """The pids of the parents of the workers on this machine. Raises one of AWAY."""
    mine = f"{socket.gethostname()}:"
    numbers = {name.removeprefix(mine).partition(":")[0] for name in _alive() if name.startswith(mine)}
    return {int(number) for number in numbers if number.isdigit()}


def workers_of(database: str) -> list[str]:
    """The live workers of this database, or of an unknown one. Empty if Redis is not reachable."""
    try:
        named = [name.rpartition("@") for name in _alive()]
    except AWAY:
        return []
    return [worker for worker, _, theirs in named if theirs in (database, "")]


def _alive() -> list[str]:
    since = time.time() - FORGET_AFTER
    members = [redis().zrangebyscore(_key(queue), since, "+inf") for queue in QUEUES]
    return [cast(bytes, name).decode() for some in members for name in cast(list[bytes], some)]


def presence(max_age: float = 0) -> Presence:
    """The state now, or one that is at most `max_age` seconds old. Never raises."""
    global _cache
    if _cache and max_age and time.monotonic() - _cache[0] < max_age:
        return _cache[1]
    try:
        pipe = redis().pipeline(transaction=False)
        for name_of, seconds in ((_key, FORGET_AFTER), (_starting_key, FORGET_STARTING_AFTER)):
            for queue in QUEUES:
                pipe.zremrangebyscore(name_of(queue), 0, time.time() - seconds)
                pipe.zcard(name_of(queue))
        runs, quick, runs_starting, quick_starting = pipe.execute()[1::2]
        state = Presence(True, runs, quick, runs_starting, quick_starting)
    except AWAY:
        state = Presence(queue=False)
    _cache = (time.monotonic(), state)
    return state
