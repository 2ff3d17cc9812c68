"""Answers to GET, cached for each actor while nothing is written."""

from typing import NamedTuple

from flask import Response, g, request

from helix import live
from helix.live.cache import ById, Cache


class Answer(NamedTuple):
    body: bytes
    headers: list[tuple[str, str]]


# No answer is older than a second: what it says about the time, or of what no commit reports, may change meanwhile.
answers: Cache[Answer] = Cache(most_bytes=8_000_000, longest=256_000, seconds=1.0)


def recall() -> Response | None:
    """What this actor was answered a moment ago; None lets the view answer, and `remember` cache that."""
    # Read before the database is: what is written meanwhile makes the answer void.
    state = live.writes.state() if request.method == "GET" else None
    if state is None:
        return None
    found = answers.get(_key(), state)
    if found is None:
        g.cacheable_at = state
        return None
    answer = Response(found.body)
    answer.headers.clear()
    answer.headers.extend(found.headers)
    return answer


def remember(response: Response) -> None:
    """Only complete JSON answers."""
    state = g.pop("cacheable_at", None)
    if state is None or response.status_code != 200 or response.is_streamed or response.mimetype != "application/json":
        return
    body = response.get_data()
    answers.put(_key(), Answer(body, list(response.headers)), version=state, size=len(body))


def _key() -> tuple[object, ...]:
    """With the host, which lists name in their links."""
    environ = request.environ
    return ById(g.actor), environ["PATH_INFO"], environ.get("QUERY_STRING", ""), request.host_url
