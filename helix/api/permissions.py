from typing import Any

from helix.api.blueprint import actor, section
from helix.models.vocabulary import BoardLevel
from helix.schemas.board import BoardPath
from helix.schemas.permission import PermissionList, PermissionsIn
from helix.services import boards

door = section("permissions", "Boards", "/api/boards/<int:board_id>/permissions")
DOORS = (door,)


@door.get("/", responses={200: PermissionList})
def index(path: BoardPath) -> Any:
    """Who has a level of his own on this board. Everybody else has the organization's default. For admins."""
    return boards.shown_permissions(boards.permissions(actor(), path.board_id))


@door.put("/", responses={200: PermissionList})
def replace(path: BoardPath, body: PermissionsIn) -> Any:
    """Replace the whole list. Who is missing from it has the organization's default again. For admins."""
    wanted = [(one.user_id, BoardLevel.of(one.level)) for one in body.root]
    return boards.shown_permissions(boards.set_permissions(actor(), path.board_id, wanted))
