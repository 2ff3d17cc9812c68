"""Pages that are remembered: whoever loads the same again gets the same, while nothing was written."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, make_response, request, session
from flask.typing import ResponseReturnValue

from helix import live
from helix.live.answer_cache import Key, Memory
from helix.web.blueprint import actor

PLAIN = {"Content-Type", "Content-Length"}
pages: Memory[bytes] = Memory(most_bytes=8_000_000, longest=400_000)


def remembered(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """For a page that only shows what stands in the database."""

    @wraps(view)
    def shown(*arguments: Any, **named: Any) -> ResponseReturnValue:
        if live.writes.state() is None:
            return view(*arguments, **named)
        owner, key = actor(), _key()
        found = _recalled(owner, key)
        if found is None:
            with pages.turn(owner, key):
                found = _recalled(owner, key) or _kept(owner, key, lambda: make_response(view(*arguments, **named)))
        return found

    return shown


def _recalled(owner: object, key: Key) -> Response | None:
    state = live.writes.state()
    found = state and pages.recall(owner, key, state)
    return make_response(found) if found else None


def _kept(owner: object, key: Key, compute: Callable[[], Response]) -> Response:
    # Asked before the database is: what is written while it answers makes the page void.
    state = live.writes.state()
    answer = compute()
    # A session that begins to hold something: its cookie, and with it the tokens of forms, will be another.
    if state and answer.status_code == 200 and {name for name, _ in answer.headers} <= PLAIN and not session.modified:
        page = answer.get_data()
        pages.keep(owner, key, state, page, len(page))
    return answer


def _key() -> Key:
    """Forms hold tokens of the session that the cookie carries; scripts ask for parts of pages."""
    asked = request.environ
    return (
        asked["PATH_INFO"],
        asked.get("QUERY_STRING", ""),
        asked.get("HTTP_COOKIE", ""),
        asked.get("HTTP_HX_REQUEST", ""),
        asked.get("HTTP_HX_REQUEST_TYPE", ""),
        request.host_url,
    )
