"""Pages that are remembered: whoever loads the same again gets the same, while nothing was written."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import make_response, request, session
from flask.typing import ResponseReturnValue

from helix import live
from helix.live.memory import Key, Memory
from helix.web.door import actor

pages: Memory[bytes] = Memory(most_bytes=8_000_000, longest=400_000)


def remembered(view: Callable[..., ResponseReturnValue]) -> Callable[..., ResponseReturnValue]:
    """For a page that only shows what stands in the database."""

    @wraps(view)
    def shown(*arguments: Any, **named: Any) -> ResponseReturnValue:
        state = live.writes.state()
        if state is None:
            return view(*arguments, **named)
        if (found := pages.recall(actor(), _key(), state)) is not None:
            return make_response(found)
        answer = make_response(view(*arguments, **named))
        # A session that begins to hold something: its cookie, and with it the tokens of forms, will be another.
        if answer.status_code == 200 and {name for name, _value in answer.headers} <= PLAIN and not session.modified:
            page = answer.get_data()
            pages.keep(actor(), _key(), state, page, len(page))
        return answer

    return shown


PLAIN = {"Content-Type", "Content-Length"}


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
