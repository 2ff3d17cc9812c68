"""Redis: is it there, does it keep what it is given, does it throw things away when memory ends?"""

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
    yield from _its_settings()


def _its_settings() -> Iterator[Finding]:
    try:
        # One by one: several at once are understood from Redis 7 on.
        found = {name: redis().config_get(name).get(name) for name in ("maxmemory-policy", "appendonly")}
    except ResponseError:
        yield warning(
            "Redis does not tell its settings, as managed ones often do not.",
            "See in its console that the policy is noeviction and that it persists.",
        )
        return
    policy, kept = found["maxmemory-policy"] or "noeviction", found["appendonly"] or "yes"
    if policy != "noeviction":
        yield error(
            f"Redis throws things away when memory ends (maxmemory-policy {policy}).",
            "Set maxmemory-policy noeviction: a wake-up that is thrown away delays a run.",
        )
    if kept != "yes":
        yield warning(
            "Redis keeps nothing over a restart (appendonly no).",
            "Set appendonly yes. Without it runs are woken by the scheduler alone after a restart, some seconds late.",
        )
    if policy == "noeviction" and kept == "yes":
        yield ok("Redis keeps what it is given")


CHECKS = (queue,)
