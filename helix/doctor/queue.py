"""Checks of Redis: connection, version, persistence and eviction policy."""

from collections.abc import Iterator

from redis.exceptions import RedisError, ResponseError

from helix.doctor.finding import Finding, error, ok, warning
from helix.queue import AWAY
from helix.queue.connection import redis
from helix.settings import Settings


def queue(settings: Settings) -> Iterator[Finding]:
    try:
        about = redis().info()
    except (*AWAY, RedisError) as problem:
        if settings.redis_url is None:
            yield error("The embedded Redis does not answer.", "Start the installation: helix run.")
        else:
            yield error(f"Redis cannot be reached: {problem}", "Check REDIS_URL, and that the server runs.")
        return
    version = str(about.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) < (6, 2):
        yield error(f"Redis is {version}.", "Use 6.2 or newer, or Valkey.")
    else:
        yield ok(f"Redis {version}")
    yield from _configuration()


def _configuration() -> Iterator[Finding]:
    try:
        # One at a time: CONFIG GET accepts several names only from Redis 7 on.
        configuration = {name: redis().config_get(name).get(name) for name in ("maxmemory-policy", "appendonly")}
    except ResponseError:
        yield warning(
            "Redis does not show its configuration, as is common with managed ones.",
            "Check in its console that the policy is noeviction and that it persists data.",
        )
        return
    policy, persists = configuration["maxmemory-policy"] or "noeviction", configuration["appendonly"] or "yes"
    if policy != "noeviction":
        yield error(
            f"Redis evicts data when its memory is full (maxmemory-policy {policy}).",
            "Set maxmemory-policy noeviction: an evicted wake-up delays a run.",
        )
    if persists != "yes":
        yield warning(
            "Redis loses its data in a restart (appendonly no).",
            "Set appendonly yes. Without it, the scheduler starts runs some seconds late after a restart.",
        )
    if policy == "noeviction" and persists == "yes":
        yield ok("Redis persists its data and evicts nothing")


CHECKS = (queue,)
