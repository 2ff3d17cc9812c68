"""Retries of Redis commands, with a circuit breaker for a Redis that accepts connections but does not answer."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

T = TypeVar("T")


class FailFastRetry(Retry):
    """Retries a broken connection once and a timeout never; after a timeout, commands fail at once for a while.

    A web request sends several commands: without this, each of them would wait for the timeout.
    """

    OPEN_SECONDS = 5.0

    def __init__(self) -> None:
        super().__init__(ExponentialBackoff(cap=0.2, base=0.05), 1, supported_errors=(RedisConnectionError,))
        self._retry_at = 0.0

    def __deepcopy__(self, _memo: dict[int, Any]) -> "FailFastRetry":
        # Every connection of a client copies this object; they share one state.
        return self

    def call_with_retry(self, do: Callable[[], T], *args: Any, **options: Any) -> T:
        if time.monotonic() < self._retry_at:
            raise RedisTimeoutError("Redis did not answer a moment ago, and is asked again in some seconds.")
        try:
            return super().call_with_retry(do, *args, **options)
        except RedisTimeoutError:
            self._retry_at = time.monotonic() + self.OPEN_SECONDS
            raise
