"""One Redis client a process, made when it is first needed and made anew after a fork."""

import os
import socket
from typing import Any

from redis import DriverInfo, Redis, __version__
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.sentinel import Sentinel

from helix.queue.silence import Impatient
from helix.settings.redis_url import Sentinels, parse_sentinels
from helix.settings.urls import UNRESPONSIVE_SECONDS

_clients: dict[tuple[int, str], Redis] = {}
_url: str | None = None

# It does not answer, or takes nothing: without memory, or as a replica that was the master a moment ago.
AWAY = (RedisConnectionError, RedisTimeoutError, OSError, OutOfMemoryError, ReadOnlyError)
CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 2.0
# Who only listens must notice a server that vanished, too.
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
# Else each connection looks it up among all that is installed, which takes longer than connecting.
_DRIVER = DriverInfo(lib_version=__version__)


def use(url: str | None) -> None:
    """Name the Redis of this process: `redis://...`, `unix:///path`, `redis+sentinel://...`."""
    global _url
    _url = url


def redis() -> Redis:
    """The client of this process. Raises one of `AWAY` when Redis cannot be reached."""
    key = (os.getpid(), _named())
    found = _clients.get(key)
    if found is None:
        made = _client(socket_timeout=ANSWER_SECONDS, health_check_interval=30, retry=Impatient())
        # Two threads may come first at once. The client that loses must not be in use: it is closed when it is dropped.
        found = _clients.setdefault(key, made)
    return found


def blocking_redis() -> Redis:
    """A client of its own for those who wait on it for long: workers and listeners."""
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
    watched = parse_sentinels(url)
    return _behind_sentinels(watched, options) if watched else Redis.from_url(url, **options)


def _behind_sentinels(watched: Sentinels, options: dict[str, Any]) -> Redis:
    """A client that asks which server is the master whenever it connects, so that it follows a failover."""
    # A Sentinel on a dead machine must not hold up the question to the next.
    of_sentinels = {"socket_connect_timeout": 1.0, "socket_timeout": 1.0, "ssl": watched.tls}
    if watched.sentinel_password:
        of_sentinels |= {"username": watched.sentinel_username, "password": watched.sentinel_password}
    manager = Sentinel(watched.hosts, sentinel_kwargs=of_sentinels)
    login = {"username": watched.username, "password": watched.password} if watched.password else {}
    return manager.master_for(watched.master, db=watched.database, ssl=watched.tls, **login, **options)
