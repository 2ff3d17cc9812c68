"""REDIS_URL: one server (`redis://`, `rediss://`, `unix://`), or Sentinels that name the current master.

    redis+sentinel://user:password@sentinel-1:26379,sentinel-2:26379,sentinel-3:26379/mymaster/0

User and password are those of Redis. Sentinels that require a password get `?sentinel_password=` (and
`sentinel_username=`). `rediss+sentinel://` uses TLS for both.
"""

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

from helix.settings.environment import ConfigurationError

SENTINEL_PORT = 26379
SINGLE_SERVER_SCHEMES = ("redis", "rediss", "unix")
SENTINEL_SCHEMES = ("redis+sentinel", "rediss+sentinel")
FORM = "redis+sentinel://[user:password@]host[:port],host[:port]/name-of-the-master[/database]"


@dataclass(frozen=True, slots=True)
class Sentinels:
    """The hosts of the Sentinels, and the name of the master to ask them for."""

    hosts: tuple[tuple[str, int], ...]
    master: str
    database: int = 0
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = None
    sentinel_password: str | None = field(default=None, repr=False)
    tls: bool = False


def check(given: str | None) -> str | None:
    """The URL unchanged. Raises ConfigurationError for one that cannot be used.

    The message does not show the URL, which may contain a password.
    """
    if given is None:
        return None
    scheme = urlsplit(given).scheme
    if "cluster" in scheme:
        raise ConfigurationError(
            "REDIS_URL names a Redis Cluster, which the queue cannot use: its jobs are several keys that change "
            "together. Name one Redis (redis://), or one behind Sentinels (redis+sentinel://)."
        )
    if scheme not in (*SINGLE_SERVER_SCHEMES, *SENTINEL_SCHEMES) or "://" not in given:
        raise ConfigurationError("REDIS_URL must begin with redis:// or rediss:// or unix:// or redis+sentinel://.")
    if scheme in SENTINEL_SCHEMES:
        parse_sentinels(given)
    return given


def parse_sentinels(url: str) -> Sentinels | None:
    """The parts of a `redis+sentinel://` URL; None for a single server. Raises ConfigurationError for other forms."""
    parts = urlsplit(url)
    if parts.scheme not in SENTINEL_SCHEMES:
        return None
    login, _, hosts = parts.netloc.rpartition("@")
    username, _, password = login.partition(":")
    master, _, database = parts.path.strip("/").partition("/")
    if not hosts or not master or not (database or "0").isdigit():
        raise ConfigurationError(f"REDIS_URL must look like {FORM}.")
    options = parse_qs(parts.query)
    if unknown := sorted(options.keys() - {"sentinel_username", "sentinel_password"}):
        raise ConfigurationError(f"REDIS_URL knows sentinel_username and sentinel_password, not {', '.join(unknown)}.")
    return Sentinels(
        hosts=tuple(_host_and_port(host) for host in hosts.split(",")),
        master=unquote(master),
        database=int(database or 0),
        username=unquote(username) or None,
        password=unquote(password) or None,
        sentinel_username=options.get("sentinel_username", [None])[0],
        sentinel_password=options.get("sentinel_password", [None])[0],
        tls=parts.scheme.startswith("rediss"),
    )


def _host_and_port(text: str) -> tuple[str, int]:
    """Accepts `host`, `host:port` and `[::1]:port`."""
    try:
        parts = urlsplit(f"//{text}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port = None, None
    if not name:
        raise ConfigurationError(f"REDIS_URL must look like {FORM}.")
    return name, port or SENTINEL_PORT
