"""Whether the web answers, and the message with the address and the first account."""

import http.client
import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from helix.settings import Settings, urls


@dataclass(frozen=True, slots=True)
class Account:
    """The output of the seed command. `password` is set if it was just generated, `setup_key` if there are no users."""

    created: bool = False
    email: str | None = None
    password: str | None = None
    setup_key: str | None = None

    @classmethod
    def from_line(cls, line: str) -> "Account | None":
        """The account, if this line of the seed command's output is its JSON result."""
        if not line.startswith("{"):
            return None
        try:
            result = json.loads(line)
        except ValueError:
            return None
        if "created" not in result or "email" not in result:
            return None
        return cls(bool(result["created"]), result["email"], result.get("password"), result.get("setup_key"))


def web_answers(settings: Settings) -> bool:
    """Whether /api/health answers, with `ok` or `degraded`."""
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
    """The box printed at the end of the start: the address and how to sign in."""
    rows = [("Address", settings.base_url)]
    if account and account.email:
        rows.append(("E-mail", account.email))
    if account and account.password:
        rows.append(("Password", f"{account.password}   (shown this once)"))
    elif account and account.setup_key:
        rows.append(("Setup key", f"{account.setup_key}   (creates the first account, on the page above)"))
    lines = [f"HELIX Mission Control is ready ({seconds:.1f} s). Ctrl-C stops everything."]
    lines += [f"{name:<9}  {value}" for name, value in rows]
    rule = "─" * max(len(line) for line in lines)
    return "\n".join(["", rule, *lines, rule, ""])
