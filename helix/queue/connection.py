"""One Redis client a process, created when first needed and again after a fork."""

import os
import socket
from typing import Any

from redis import DriverInfo, Redis, __version__
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.sentinel import Sentinel

from helix.queue.retry import FailFastRetry
from helix.settings.redis_url import Sentinels, parse_sentinels
from helix.settings.urls import UNRESPONSIVE_SECONDS

_clients: dict[tuple[int, str], Redis] = {}
_url: str | None = None

# Redis does not answer, or accepts no writes: out of memory, or a replica after a failover.
AWAY = (RedisConnectionError, RedisTimeoutError, OSError, OutOfMemoryError, ReadOnlyError)
CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 2.0
# So that clients that only listen also notice a server that vanished.
_KEEPALIVE = {
    getattr(socket, name): value
    for name, value in {
        "TCP_KEEPIDLE": 8,
        "TCP_KEEPINTVL": 4,
        "TCP_KEEPCNT": 3,
        "TCP_USER_TIMEOUT": UNRESPONSIVE_SECONDS * 1000,
    }.items()
    if hasattr(socket, name)  # not every system has all of them
}
# Otherwise every connection looks up the version in the package metadata, which takes longer than connecting.
_DRIVER = DriverInfo(lib_version=__version__)


def use(url: str | None) -> None:
    """Set the Redis of this process: `redis://...`, `unix:///path`, `redis+sentinel://...`."""
    global _url
    _url = url


def redis() -> Redis:
    """The client of this process. Raises one of `AWAY` when Redis cannot be reached."""
    key = (os.getpid(), _named())
    client = _clients.get(key)
    if client is None:
        new_client = _client(socket_timeout=ANSWER_SECONDS, health_check_interval=30, retry=FailFastRetry())
        # Two threads may get here at once. The client that loses must not be used, because it is closed when dropped.
        client = _clients.setdefault(key, new_client)
    return client


def blocking_redis() -> Redis:
    """A separate client for workers and listeners, which block on it."""
    return _client(health_check_interval=15)


def _named() -> str:
    if not _url:
        raise RedisConnectionError("REDIS_URL is not set: start with `make run`, or name a Redis.")
    return _url


def _client(**options: Any) -> Redis:
    url = _named()
    options |= {"socket_connect_timeout": CONNECT_SECONDS, "driver_info": _DRIVER}
    if not url.startswith("unix:"):
        options |= {"socket_keepalive": True, "socket_keepalive_options": _KEEPALIVE}
    sentinels = parse_sentinels(url)
    return _behind_sentinels(sentinels, options) if sentinels else Redis.from_url(url, **options)


def _behind_sentinels(watched: Sentinels, options: dict[str, Any]) -> Redis:
    """A client that asks for the current master whenever it connects, so that it follows a failover."""
    # A Sentinel on a dead machine must not delay the query of the next one.
    of_sentinels = {"socket_connect_timeout": 1.0, "socket_timeout": 1.0, "ssl": watched.tls}
    if watched.sentinel_password:
        of_sentinels |= {"username": watched.sentinel_username, "password": watched.sentinel_password}
    manager = Sentinel(watched.hosts, sentinel_kwargs=of_sentinels)
    login = {"username": watched.username, "password": watched.password} if watched.password else {}
    return manager.master_for(watched.master, db=watched.database, ssl=watched.tls, **login, **options)
