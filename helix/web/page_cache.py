"""Pages, cached for each session while nothing is written."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, make_response, request, session
from flask.typing import ResponseReturnValue

from helix import live
from helix.live.cache import ById, Cache
from helix.web.blueprint import actor

Key = tuple[object, ...]
PLAIN = {"Content-Type", "Content-Length"}
pages: Cache[bytes] = Cache(most_bytes=8_000_000, longest=400_000, seconds=1.0)


def cached(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """For a page that only shows what is in the database."""

    @wraps(view)
    def shown(*arguments: Any, **named: Any) -> ResponseReturnValue:
        if live.writes.state() is None:
            return view(*arguments, **named)
        key = _key()
        found = _cached(key)
        if found is None:
            with pages.turn(key):
                found = _cached(key) or _computed(key, lambda: make_response(view(*arguments, **named)))
        return found

    return shown


def _cached(key: Key) -> Response | None:
    state = live.writes.state()
    found = state and pages.get(key, state)
    return make_response(found) if found else None


def _computed(key: Key, compute: Callable[[], Response]) -> Response:
    # Read before the database is: what is written meanwhile makes the page void.
    state = live.writes.state()
    answer = compute()
    # A session that changes gets another cookie, and with it other form tokens.
    if state and answer.status_code == 200 and {name for name, _ in answer.headers} <= PLAIN and not session.modified:
        page = answer.get_data()
        pages.put(key, page, version=state, size=len(page))
    return answer


def _key() -> Key:
    """With the cookie, whose session the tokens of forms belong to, and the headers by which scripts ask for parts."""
    asked = request.environ
    return (
        ById(actor()),
        asked["PATH_INFO"],
        asked.get("QUERY_STRING", ""),
        asked.get("HTTP_COOKIE", ""),
        asked.get("HTTP_HX_REQUEST", ""),
        asked.get("HTTP_HX_REQUEST_TYPE", ""),
        request.host_url,
    )
