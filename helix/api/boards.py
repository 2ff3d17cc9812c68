from typing import Any

from helix.api.door import actor, array, section, slice_of
from helix.schemas.board import BoardFilter, BoardOut, BoardPath
from helix.services import boards

door = section("boards", "Boards", "/api/boards")
DOORS = (door,)


@door.get("/")
def index(query: BoardFilter) -> Any:
    """The boards that you see, by department."""
    found = boards.boards(actor(), department_id=query.department_id)
    return array(boards.shown(actor(), list(slice_of(found, query))), len(found), query)


@door.get("/<int:board_id>", responses={200: BoardOut})
def show(path: BoardPath) -> Any:
    """One board."""
    return boards.shown(actor(), [boards.get(actor(), path.board_id)])[0]
