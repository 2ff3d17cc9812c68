"""Is it up, and what does a newcomer need to know then?"""

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from helix.settings import Settings, urls


@dataclass(frozen=True, slots=True)
class Account:
    """What seeding said. `password` is there only when it was made up now, `setup_key` only while nobody exists."""

    created: bool = False
    email: str | None = None
    password: str | None = None
    setup_key: str | None = None

    @classmethod
    def from_line(cls, line: str) -> "Account | None":
        """The account, if this line of the seed command's output is its JSON answer."""
        if not line.startswith("{"):
            return None
        try:
            found = json.loads(line)
        except ValueError:
            return None
        if "created" not in found or "email" not in found:
            return None
        return cls(bool(found["created"]), found["email"], found.get("password"), found.get("setup_key"))


def web_answers(settings: Settings) -> bool:
    """Whether the pages can be opened: /api/health answers, be it `ok` or `degraded`."""
    address = urlsplit(urls.local_url(settings.host, settings.port))
    connection = http.client.HTTPConnection(address.hostname or settings.host, settings.port, timeout=1.0)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status in (200, 503)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def welcome(settings: Settings, account: Account | None, seconds: float) -> str:
    """The box that ends the start: address, and how to sign in."""
    rows = [("Address", settings.base_url)]
    if account and account.email:
        rows.append(("E-mail", account.email))
    if account and account.password:
        rows.append(("Password", f"{account.password}   (shown this once)"))
    elif account and account.setup_key:
        rows.append(("Setup key", f"{account.setup_key}   (makes the first account, on the page above)"))
    lines = [f"HELIX Mission Control is ready ({seconds:.1f} s). Ctrl-C stops everything."]
    lines += [f"{name:<9}  {value}" for name, value in rows]
    rule = "─" * max(len(line) for line in lines)
    return "\n".join(["", rule, *lines, rule, ""])
