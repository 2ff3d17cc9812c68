"""From a route of a table, `GET /tasks/{task_id}`, to an address that can be asked for."""

import re
from collections.abc import Mapping
from typing import Any

WORDS = {"status": "todo", "key": "task-1", "number": "1", "step": "model"}


def filled(text: str, things: Any, known: Mapping[str, int] | None = None) -> str:
    """Each name in braces becomes an id: a known one, else that of a thing which is made for it."""

    def id_of(place: re.Match[str]) -> str:
        name = place[1]
        return WORDS.get(name) or str((known or {}).get(name) or things.id(name))

    return re.sub(r"\{(\w+)\}", id_of, text)


def address(route: str, things: Any, known: Mapping[str, int] | None = None) -> str:
    path = filled(route.split(" ")[1], things, known)
    # These say in their query which board, which place, or which words they mean.
    if route == "GET /tasks/{task_id}/card":
        path += f"?board={things.id('board_id')}"
    if route.endswith("{status}"):
        path += "?after=a0~0"
    if route == "GET /api/tasks/search":
        path += "?q=write"
    return path
