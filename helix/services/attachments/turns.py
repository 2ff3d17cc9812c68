"""Whose file is read next. Kept in Redis, where the jobs are: each is a process of its own and remembers nothing."""

import time
from collections.abc import Sequence
from typing import cast

from helix.queue.connection import redis

_LAST_TURNS = "helix:files:turns"
# After so long nobody remembers who was served last, and a file whose reader was killed may be tried again.
FORGET_AFTER_SECONDS = 600
RETRY_AFTER_SECONDS = 120


def claim_next(waiting: Sequence[tuple[int, int]]) -> int | None:
    """Of (file, person), oldest first, the one to read now; None if all are being read or were a moment ago.

    It counts as begun, so that a file that kills its reader does not stay at the head of the line. Raises when Redis is
    away.
    """
    client = redis()
    served = {
        int(person): at
        for person, at in cast(list[tuple[bytes, float]], client.zrange(_LAST_TURNS, 0, -1, withscores=True))
    }
    # Stable: of one person the oldest first.
    for file, person in sorted(waiting, key=lambda one: served.get(one[1], 0.0)):
        if client.set(_begun(file), 1, nx=True, ex=RETRY_AFTER_SECONDS):
            pipe = client.pipeline(transaction=False)
            pipe.zadd(_LAST_TURNS, {str(person): time.time()})
            pipe.zremrangebyscore(_LAST_TURNS, 0, time.time() - FORGET_AFTER_SECONDS)
            pipe.expire(_LAST_TURNS, FORGET_AFTER_SECONDS)
            pipe.execute()
            return file
    return None


def release(file: int) -> None:
    redis().delete(_begun(file))


def _begun(file: int) -> str:
    return f"helix:files:begun:{file}"
