"""REDIS_URL: one server (`redis://`, `rediss://`, `unix://`), or Sentinels that know which server it is now.

    redis+sentinel://user:password@sentinel-1:26379,sentinel-2:26379,sentinel-3:26379/mymaster/0

User and password are those of Redis itself; `?sentinel_password=` (and `sentinel_username=`) are those of the
Sentinels, where they ask for one. With `rediss+sentinel://` both are spoken to over TLS.
"""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from helix.settings.environment import ConfigurationError

SENTINEL_PORT = 26379
ONE_SERVER = ("redis", "rediss", "unix")
SENTINELS = ("redis+sentinel", "rediss+sentinel")
FORM = "redis+sentinel://[user:password@]host[:port],host[:port]/name-of-the-master[/database]"


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Where the Sentinels listen, and which of the masters that they watch is ours."""

    hosts: tuple[tuple[str, int], ...]
    master: str
    database: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    tls: bool = False


def checked(given: str | None) -> str | None:
    """The address as given, if it is one that can be used. Not shown when refused: it may hold a password."""
    if given is None:
        return None
    scheme = urlsplit(given).scheme
    if "cluster" in scheme:
        raise ConfigurationError(
            "REDIS_URL names a Redis Cluster, which the queue cannot use: its jobs are several keys that change "
            "together. Name one Redis (redis://), or one behind Sentinels (redis+sentinel://)."
        )
    if scheme not in (*ONE_SERVER, *SENTINELS) or "://" not in given:
        raise ConfigurationError("REDIS_URL must begin with redis:// or rediss:// or unix:// or redis+sentinel://.")
    if scheme in SENTINELS:
        sentinels(given)
    return given


def sentinels(url: str) -> Sentinels | None:
    """What a `redis+sentinel://` address says; None for one server. Raises ConfigurationError for half an address."""
    parts = urlsplit(url)
    if parts.scheme not in SENTINELS:
        return None
    login, _, places = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    master, _, database = parts.path.strip("/").partition("/")
    if not places or not master or not (database or "0").isdigit():
        raise ConfigurationError(f"REDIS_URL must look like {FORM}.")
    asked = parse_qs(parts.query)
    if unknown := sorted(asked.keys() - {"sentinel_username", "sentinel_password"}):
        raise ConfigurationError(f"REDIS_URL knows sentinel_username and sentinel_password, not {', '.join(unknown)}.")
    return Sentinels(
        hosts=tuple(_host(place) for place in places.split(",")),
        master=unquote(master),
        database=int(database or 0),
        username=unquote(username) or None,
        password=unquote(password) or None,
        sentinel_username=asked.get("sentinel_username", [None])[0],
        sentinel_password=asked.get("sentinel_password", [None])[0],
        tls=parts.scheme.startswith("rediss"),
    )


def _host(place: str) -> tuple[str, int]:
    """`host`, `host:port`, `[::1]:port`."""
    try:
        parts = urlsplit(f"//{place}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port = None, None
    if not name:
        raise ConfigurationError(f"REDIS_URL must look like {FORM}.")
    return name, port or SENTINEL_PORT
