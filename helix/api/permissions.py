from typing import Any

from helix.api.blueprint import actor, signed_in_blueprint
from helix.models.vocabulary import BoardLevel
from helix.schemas.board import BoardPath, PermissionList, PermissionsIn
from helix.services import boards

blueprint = signed_in_blueprint("permissions", "Boards", "/api/boards/<int:board_id>/permissions")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: PermissionList})
def index(path: BoardPath) -> Any:
    """Who has a level of his own on this board. Everybody else has the organization's default. For admins."""
    return boards.serialize_permissions(boards.permissions(actor(), path.board_id))


@blueprint.put("/", responses={200: PermissionList})
def replace(path: BoardPath, body: PermissionsIn) -> Any:
    """Replace the whole list. Who is missing from it has the organization's default again. For admins."""
    wanted = [(one.user_id, BoardLevel.of(one.level)) for one in body.root]
    return boards.serialize_permissions(boards.set_permissions(actor(), path.board_id, wanted))
