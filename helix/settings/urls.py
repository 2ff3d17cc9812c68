"""URLs in settings: checked, and normalized to the form that the libraries expect."""

import ipaddress
import re
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from helix.settings.environment import ConfigurationError

POSTGRESQL = "postgresql+psycopg://"
# How long a connection may get no answer before the peer counts as gone. Applies to PostgreSQL and Redis.
UNRESPONSIVE_SECONDS = 20
# One label of a host name, in any script.
_LABEL = re.compile(r"(?!-)[^\W_](?:[^\W_]|-)*(?<!-)")


def database_url(given: str | None, data_dir: Path) -> str:
    """The SQLAlchemy URL: SQLite in the data folder by default; PostgreSQL always uses psycopg 3."""
    if given is None:
        return f"sqlite:///{data_dir / 'helix.db'}"
    for prefix in (POSTGRESQL, "postgresql://", "postgres://"):
        if given.startswith(prefix):
            return POSTGRESQL + given.removeprefix(prefix)
    if given in ("sqlite://", "sqlite:///:memory:"):
        return given
    if given.startswith("sqlite:///"):
        # Flask-SQLAlchemy would resolve a relative path against its instance folder, not the working folder.
        return f"sqlite:///{Path(given.removeprefix('sqlite:///')).absolute()}"
    raise ConfigurationError(
        "DATABASE_URL must begin with postgresql:// or sqlite:///, as in postgresql://helix:password@127.0.0.1/helix."
    )


def without_password(database_url: str) -> str:
    """The database URL for display: user, host and database name; of the query only `host` and `port`."""
    parts = urlsplit(database_url)
    if parts.scheme == "sqlite":
        return database_url
    login, at, hosts = parts.netloc.rpartition("@")
    places = urlencode([(key, value) for key, value in parse_qsl(parts.query) if key in ("host", "port")], safe=",/")
    url = f"postgresql://{login.partition(':')[0]}{at}{hosts}{parts.path}"
    return f"{url}?{places}" if places else url


def connect_args(database_url: str) -> dict[str, int]:
    """Timeouts of connections to PostgreSQL; the query of the URL takes precedence."""
    defaults = {
        "connect_timeout": 5,
        "keepalives_idle": 8,
        "keepalives_interval": 4,
        "keepalives_count": 3,
        "tcp_user_timeout": UNRESPONSIVE_SECONDS * 1000,
    }
    return {name: value for name, value in defaults.items() if f"{name}=" not in database_url}


def require_scheme(name: str, given: str | None, schemes: tuple[str, ...]) -> str | None:
    """The URL unchanged. Raises ConfigurationError unless it has one of the schemes.

    The message does not show the URL, which may contain a password.
    """
    if given is not None and (urlsplit(given).scheme not in schemes or "://" not in given):
        raise ConfigurationError(f"{name} must begin with {' or '.join(scheme + '://' for scheme in schemes)}.")
    return given


def parse_public_url(given: str) -> str:
    """The URL that people type into the browser, without a trailing slash.

    Raises ValueError for a URL with a path (pages and static files are served from the root of a host), with
    credentials, a query or a fragment.
    """
    given = given.rstrip("/")
    try:
        parts = urlsplit(given)
        usable = parts.scheme in ("https", "http") and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        usable, parts = False, urlsplit("")
    # `urlsplit` drops some characters silently (a tab, an empty query): then the two differ.
    is_whole = f"{parts.scheme}://{parts.netloc}{parts.path}".lower() == given.lower()
    if not usable or not is_whole or "@" in parts.netloc or parts.netloc.endswith(":"):
        raise ValueError("must begin with https:// or http:// and be an address such as https://helix.company.com")
    if parts.path.strip("/"):
        raise ValueError(
            "must be an address without a path, such as https://helix.company.com: "
            "HELIX cannot be served below a path, it needs a host name of its own"
        )
    return given


def _is_host(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return all(_LABEL.fullmatch(label) for label in name.removesuffix(".").split("."))
    return True


def unix_socket_url(socket: Path) -> str:
    """The URL of a Redis that listens on a unix socket, in the form that redis-py accepts."""
    return f"unix://{quote(str(socket))}"


def local_url(host: str, port: int) -> str:
    """The URL to open in a browser on this machine; a wildcard host becomes loopback."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1", "*": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
