"""Addresses of the things around us, brought into the one form that the libraries understand."""

import ipaddress
import re
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from helix.settings.environment import ConfigurationError

POSTGRESQL = "postgresql+psycopg://"
# A machine that vanished without a word is noticed after so long: a server by us, and one of us by the server.
SILENT_SECONDS = 20
# One label of a host's name, in any alphabet.
_LABEL = re.compile(r"(?!-)[^\W_](?:[^\W_]|-)*(?<!-)")


def database(given: str | None, data_dir: Path) -> str:
    """The SQLAlchemy address: SQLite in the data folder by default, PostgreSQL always through psycopg 3."""
    if given is None:
        return f"sqlite:///{data_dir / 'helix.db'}"
    for prefix in (POSTGRESQL, "postgresql://", "postgres://"):
        if given.startswith(prefix):
            return POSTGRESQL + given.removeprefix(prefix)
    if given in ("sqlite://", "sqlite:///:memory:"):
        return given
    if given.startswith("sqlite:///"):
        # Flask-SQLAlchemy would read a relative path from its instance folder; people mean the folder they stand in.
        return f"sqlite:///{Path(given.removeprefix('sqlite:///')).absolute()}"
    raise ConfigurationError(
        "DATABASE_URL must begin with postgresql:// or sqlite:///, as in postgresql://helix:password@127.0.0.1/helix."
    )


def without_password(database_url: str) -> str:
    """The database's address to show: who, where and which; of its options only where it is."""
    parts = urlsplit(database_url)
    if parts.scheme == "sqlite":
        return database_url
    login, at, hosts = parts.netloc.rpartition("@")
    places = urlencode([(key, value) for key, value in parse_qsl(parts.query) if key in ("host", "port")], safe=",/")
    shown = f"postgresql://{login.partition(':')[0]}{at}{hosts}{parts.path}"
    return f"{shown}?{places}" if places else shown


def patience(database_url: str) -> dict[str, int]:
    """How long a connection to PostgreSQL waits for a server that says nothing; the address may say otherwise."""
    wanted = {
        "connect_timeout": 5,
        "keepalives_idle": 8,
        "keepalives_interval": 4,
        "keepalives_count": 3,
        "tcp_user_timeout": SILENT_SECONDS * 1000,
    }
    return {name: value for name, value in wanted.items() if f"{name}=" not in database_url}


def checked(name: str, given: str | None, schemes: tuple[str, ...]) -> str | None:
    """The address as given, if it begins with one of the schemes. Not shown when refused: it may hold a password."""
    if given is not None and (urlsplit(given).scheme not in schemes or "://" not in given):
        raise ConfigurationError(f"{name} must begin with {' or '.join(scheme + '://' for scheme in schemes)}.")
    return given


def web_address(given: str) -> str:
    """The address that people type, without a slash at its end.

    Raises ValueError, with what is wrong, for one with a path: pages, static files and links all begin at the root of
    a host. A name and password, a query or a fragment do not belong into it either.
    """
    given = given.rstrip("/")
    try:
        parts = urlsplit(given)
        usable = parts.scheme in ("https", "http") and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        usable, parts = False, urlsplit("")
    # What `urlsplit` drops or cannot place (a tab, a backslash, an empty query) makes the two differ.
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


def unix_redis(socket: Path) -> str:
    """The address of a Redis on a unix socket, as redis-py reads it."""
    return f"unix://{quote(str(socket))}"


def web(host: str, port: int) -> str:
    """The address to type into a browser on this machine: "every interface" is no address, so it becomes loopback."""
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1", "*": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://[{reachable}]:{port}" if ":" in reachable else f"http://{reachable}:{port}"
