"""One Redis client a process, made when it is first needed and made anew after a fork."""

import os

from redis import Redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

_clients: dict[tuple[int, str], Redis] = {}
_url: str | None = None

AWAY = (RedisConnectionError, RedisTimeoutError, OSError)


def use(url: str | None) -> None:
    """Name the Redis of this process: `redis://...` or `unix:///path`."""
    global _url
    _url = url


def redis() -> Redis:
    """The client of this process. Raises one of `AWAY` when Redis cannot be reached."""
    if not _url:
        raise RedisConnectionError("REDIS_URL is not set: start with `make run`, or name a Redis.")
    key = (os.getpid(), _url)
    found = _clients.get(key)
    if found is None:
        made = Redis.from_url(
            _url,
            socket_connect_timeout=2,
            socket_timeout=5,
            health_check_interval=30,
            retry=Retry(ExponentialBackoff(cap=0.2, base=0.05), 1),
        )
        # Two threads may come first at once. The client that loses must not be in use: it is closed when it is dropped.
        found = _clients.setdefault(key, made)
    return found


def blocking_redis() -> Redis:
    """A client of its own for those who wait on it for long: workers and listeners."""
    if not _url:
        raise RedisConnectionError("REDIS_URL is not set: start with `make run`, or name a Redis.")
    return Redis.from_url(_url, socket_connect_timeout=2, health_check_interval=15)
