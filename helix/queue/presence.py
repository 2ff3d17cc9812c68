"""Who is alive: every worker says so every few seconds, and is forgotten when it stops saying so."""

import socket
import time
from dataclasses import dataclass
from typing import cast

from helix.queue.connection import AWAY, redis

FORGET_AFTER = 15  # seconds
_cache: tuple[float, "Presence"] | None = None


@dataclass(frozen=True)
class Presence:
    """`queue`: Redis answers. `workers`: alive per queue."""

    queue: bool
    runs: int = 0
    quick: int = 0

    @property
    def workers(self) -> int:
        return self.runs + self.quick


def _key(queue: str) -> str:
    return f"helix:alive:{queue}"


def say_alive(queue: str, worker: str, *, gone: bool = False) -> None:
    """Tell that `worker` serves `queue`, or that it has just left. Raises when Redis is away."""
    client = redis()
    if gone:
        client.zrem(_key(queue), worker)
    else:
        client.zadd(_key(queue), {worker: time.time()})


def workers_on_this_host() -> int:
    """How many that say so are of this machine (or container). Raises when Redis is away."""
    since = time.time() - FORGET_AFTER
    found = [redis().zrangebyscore(_key(queue), since, "+inf") for queue in ("runs", "quick")]
    names = [cast(bytes, name).decode() for some in found for name in cast(list[bytes], some)]
    return sum(name.startswith(f"{socket.gethostname()}:") for name in names)


def presence(max_age: float = 0) -> Presence:
    """The state now, or one that is at most `max_age` seconds old. Never raises."""
    global _cache
    if _cache and max_age and time.monotonic() - _cache[0] < max_age:
        return _cache[1]
    try:
        pipe = redis().pipeline(transaction=False)
        for queue in ("runs", "quick"):
            pipe.zremrangebyscore(_key(queue), 0, time.time() - FORGET_AFTER)
            pipe.zcard(_key(queue))
        answers = pipe.execute()
        found = Presence(queue=True, runs=answers[1], quick=answers[3])
    except AWAY:
        found = Presence(queue=False)
    _cache = (time.monotonic(), found)
    return found
