"""Answers to GET that are remembered: whoever asks for the same again gets the same, while nothing was written."""

from typing import NamedTuple

from flask import Response, g, request

from helix import live
from helix.live.answer_cache import Key, Memory


class Answer(NamedTuple):
    body: bytes
    headers: list[tuple[str, str]]


answers: Memory[Answer] = Memory(most_bytes=8_000_000, longest=256_000)


def recall() -> Response | None:
    """What this person was answered a moment ago; None has the view answer, and `remember` keep that."""
    # Asked before the database is: what is written while it answers makes the answer void.
    state = live.writes.state() if request.method == "GET" else None
    if state is None:
        return None
    found = answers.recall(g.actor, _key(), state)
    if found is None:
        g.to_be_remembered = state
        return None
    answer = Response(found.body)
    answer.headers.clear()
    answer.headers.extend(found.headers)
    return answer


def remember(response: Response) -> None:
    """Only what is whole."""
    state = g.pop("to_be_remembered", None)
    if state is None or response.status_code != 200 or response.is_streamed or response.mimetype != "application/json":
        return
    body = response.get_data()
    answers.keep(g.actor, _key(), state, Answer(body, list(response.headers)), len(body))


def _key() -> Key:
    """Lists name in their links the host that was asked."""
    asked = request.environ
    return asked["PATH_INFO"], asked.get("QUERY_STRING", ""), request.host_url
