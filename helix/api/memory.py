"""Answers to GET that are remembered: whoever asks for the same again gets the same, while nothing was written.

An answer is one person's, for one address. It is void as soon as anything is committed anywhere (see `live.writes`),
and after a second in any case: what it says of the time, or of what no commit tells, is never older.
"""

import time
from typing import NamedTuple

from flask import Response, g, request

from helix import live
from helix.live.writes import State
from helix.policies.actor import Actor

SECONDS = 1.0
MOST_BYTES = 8_000_000
LONGEST = 256_000

Key = tuple[int, str, str, str]


class Remembered(NamedTuple):
    actor: Actor  # held on to, so that no other can come to have its place in memory
    state: State
    until: float
    body: bytes
    headers: list[tuple[str, str]]


_answers: dict[Key, Remembered] = {}
_bytes = 0


def recall() -> Response | None:
    """What this person was answered a moment ago; None has the view answer, and `remember` keep that."""
    if request.method != "GET":
        return None
    # Asked before the database is: what is written while it answers makes the answer void.
    state = live.writes.state()
    if state is None:
        return None
    found = _answers.get(_key())
    if found is not None and found.state == state and found.until > time.monotonic():
        answer = Response(found.body)
        answer.headers.clear()
        answer.headers.extend(found.headers)
        return answer
    g.to_be_remembered = state
    return None


def remember(response: Response) -> None:
    """Only what is whole, and small enough to be kept a thousand times."""
    global _bytes
    state = g.pop("to_be_remembered", None)
    if state is None or response.status_code != 200 or response.is_streamed or response.mimetype != "application/json":
        return
    body = response.get_data()
    if len(body) > LONGEST:
        return
    if _bytes + len(body) > MOST_BYTES:
        _answers.clear()
        _bytes = 0
    _bytes += len(body)
    _answers[_key()] = Remembered(g.actor, state, time.monotonic() + SECONDS, body, list(response.headers))


def _key() -> Key:
    """Answers with pages name the address that was asked for."""
    asked = request.environ
    return id(g.actor), asked["PATH_INFO"], asked.get("QUERY_STRING", ""), request.host_url
