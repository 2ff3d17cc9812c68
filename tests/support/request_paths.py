"""Builds a request path from a route such as `GET /tasks/{task_id}`."""

import re
from collections.abc import Mapping
from typing import Any

WORDS = {"status": "todo", "key": "task-1", "number": "1", "step": "model", "lane": "high"}
# Routes that need a query.
QUERIES = {
    "GET /boards/{board_id}/cards": "?ids=1",
    "GET /boards/{board_id}/lanes/{lane}": "?lanes=priority",
    "GET /boards/{board_id}/columns/{status}": "?after=a0~0",
    "GET /api/tasks/search": "?q=write",
}


def fill_path(text: str, things: Any, known: Mapping[str, int] | None = None) -> str:
    """Replaces each name in braces with an id: a known one, else that of a new object."""

    def id_of(place: re.Match[str]) -> str:
        name = place[1]
        return WORDS.get(name) or str((known or {}).get(name) or things.id(name))

    return re.sub(r"\{(\w+)\}", id_of, text)


def request_path(route: str, things: Any, known: Mapping[str, int] | None = None) -> str:
    return fill_path(route.split(" ")[1], things, known) + QUERIES.get(route, "")
