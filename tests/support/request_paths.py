"""From a route of a table, `GET /tasks/{task_id}`, to an address that can be asked for."""

import re
from collections.abc import Mapping
from typing import Any

WORDS = {"status": "todo", "key": "task-1", "number": "1", "step": "model", "lane": "high"}
# These say in their query what they mean.
QUERIES = {
    "GET /boards/{board_id}/cards": "?ids=1",
    "GET /boards/{board_id}/lanes/{lane}": "?lanes=priority",
    "GET /boards/{board_id}/columns/{status}": "?after=a0~0",
    "GET /api/tasks/search": "?q=write",
}


def fill_path(text: str, things: Any, known: Mapping[str, int] | None = None) -> str:
    """Each name in braces becomes an id: a known one, else that of a thing which is made for it."""

    def id_of(place: re.Match[str]) -> str:
        name = place[1]
        return WORDS.get(name) or str((known or {}).get(name) or things.id(name))

    return re.sub(r"\{(\w+)\}", id_of, text)


def request_path(route: str, things: Any, known: Mapping[str, int] | None = None) -> str:
    return fill_path(route.split(" ")[1], things, known) + QUERIES.get(route, "")
