from typing import Any

from helix.api.blueprint import actor, no_content, signed_in_blueprint
from helix.schemas.board import BoardPath, ViewIn, ViewList, ViewOut, ViewPatch, ViewPath
from helix.services import boards

blueprint = signed_in_blueprint("views", "Boards", "/api")
BLUEPRINTS = (blueprint,)


@blueprint.get("/boards/<int:board_id>/views", responses={200: ViewList})
def index(path: BoardPath) -> Any:
    """The saved views of a board: yours, and those that are shared."""
    board = boards.get(actor(), path.board_id)
    return [boards.serialize_view(actor(), view) for view in boards.views(actor(), board.id)]


@blueprint.post("/boards/<int:board_id>/views", responses={201: ViewOut})
def create(path: BoardPath, body: ViewIn) -> Any:
    """Save a view. Sharing it takes the level `manage`."""
    return boards.serialize_view(actor(), boards.add_view(actor(), path.board_id, **body.model_dump())), 201


@blueprint.patch("/board-views/<int:view_id>", responses={200: ViewOut})
def edit(path: ViewPath, body: ViewPatch) -> Any:
    """Change the fields that are sent. For the person who made it, and admins."""
    return boards.serialize_view(actor(), boards.edit_view(actor(), path.view_id, body.changes()))


@blueprint.delete("/board-views/<int:view_id>", responses={204: None})
def delete(path: ViewPath) -> Any:
    """Delete a view. For the person who made it, and admins."""
    boards.delete_view(actor(), path.view_id)
    return no_content()
