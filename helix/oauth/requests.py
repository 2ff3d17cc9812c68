"""Requests to authorization servers, and what can go wrong with them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from helix.errors import Conflict
from helix.outgoing import GuardError, Limits, guarded_client

# Of a whole step, such as discovery with all its requests.
LIMITS = Limits(seconds=20, bytes=200_000)
# The error codes of RFC 6749, 5.2. Other texts of a server are not shown.
_CODE = re.compile(r"[a-z_]{1,60}")
Json = dict[str, Any]


class OAuthFailed(Conflict):
    """The server cannot be connected to; the message is a sentence for the admin."""


class GrantEnded(OAuthFailed):
    """The authorization server does not accept the grant any more: somebody has to connect again."""


@contextmanager
def client(*, allow_private: bool, limits: Limits = LIMITS) -> Iterator[httpx.Client]:
    """A client for one step. Its failures become OAuthFailed."""
    try:
        with guarded_client(limits, allow_private=allow_private) as found:
            yield found
    except GuardError as error:
        raise OAuthFailed(str(error)) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise OAuthFailed(f"The server could not be reached ({type(error).__name__}). Try again later.") from None


def fetched(http: httpx.Client, address: str) -> Json | None:
    """The JSON object at an address, or None if there is none."""
    reply = http.get(address, headers={"Accept": "application/json"})
    return _object(reply) if reply.status_code == 200 else None


def posted(http: httpx.Client, address: str, *, what: str, statuses: tuple[int, ...] = (200,), **options: Any) -> Json:
    """The JSON object that a POST is answered with. Raises OAuthFailed, and GrantEnded for `invalid_grant`."""
    reply = http.post(address, **options, headers={"Accept": "application/json"})
    found = _object(reply)
    if reply.status_code in statuses and found is not None:
        return found
    code = str((found or {}).get("error", ""))
    because = f" ({code})" if _CODE.fullmatch(code) else f" (status {reply.status_code})"
    kind = GrantEnded if code in ("invalid_grant", "invalid_client", "unauthorized_client") else OAuthFailed
    raise kind(f"The authorization server refused {what}{because}.")


def _object(reply: httpx.Response) -> Json | None:
    try:
        found = reply.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
