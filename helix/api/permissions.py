from typing import Any

from helix.api.blueprint import actor, signed_in_blueprint
from helix.models.vocabulary import BoardLevel
from helix.schemas.board import BoardPath, PermissionList, PermissionsIn
from helix.services import boards

blueprint = signed_in_blueprint("permissions", "Boards", "/api/boards/<int:board_id>/permissions")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: PermissionList})
def index(path: BoardPath) -> Any:
    """Users with their own level on this board. All others have the organization's default. For admins."""
    return boards.serialize_permissions(boards.permissions(actor(), path.board_id))


@blueprint.put("/", responses={200: PermissionList})
def replace(path: BoardPath, body: PermissionsIn) -> Any:
    """Replace the whole list. Users who are not in it get the organization's default. For admins."""
    levels = [(one.user_id, BoardLevel.of(one.level)) for one in body.root]
    return boards.serialize_permissions(boards.set_permissions(actor(), path.board_id, levels))
