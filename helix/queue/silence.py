"""A Redis that takes connections and never answers: one caller finds out, the next ones need not wait as well."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

T = TypeVar("T")


class Impatient(Retry):
    """Tries a broken connection once more, a silent one never; after a silence it is taken for away for a while.

    A request asks Redis for several things: without this each of them would wait, one after the other.
    """

    TAKEN_FOR_AWAY_SECONDS = 5.0

    def __init__(self) -> None:
        super().__init__(ExponentialBackoff(cap=0.2, base=0.05), 1, supported_errors=(RedisConnectionError,))
        self._asked_again_at = 0.0

    def __deepcopy__(self, _memo: dict[int, Any]) -> "Impatient":
        # Every connection of a client takes a copy; what one of them found out is for all.
        return self

    def call_with_retry(self, do: Callable[[], T], *args: Any, **options: Any) -> T:
        if time.monotonic() < self._asked_again_at:
            raise RedisTimeoutError("Redis did not answer a moment ago, and is asked again in some seconds.")
        try:
            return super().call_with_retry(do, *args, **options)
        except RedisTimeoutError:
            self._asked_again_at = time.monotonic() + self.TAKEN_FOR_AWAY_SECONDS
            raise
