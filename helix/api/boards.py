from typing import Any

from helix.api.blueprint import actor, array_response, no_content, paginate, signed_in_blueprint
from helix.models.vocabulary import BoardLevel
from helix.schemas.board import BoardFilter, BoardIn, BoardList, BoardOut, BoardPatch, BoardPath
from helix.schemas.common import MoveTo
from helix.services import boards

blueprint = signed_in_blueprint("boards", "Boards", "/api/boards")
BLUEPRINTS = (blueprint,)


def _with_level(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with the word of the default level as a level."""
    word = fields.get("default_level")
    return fields if word is None else {**fields, "default_level": BoardLevel.of(word)}


def _shown(board_id: int) -> Any:
    return boards.serialize(actor(), [boards.get(actor(), board_id)])[0]


@blueprint.get("/", responses={200: BoardList})
def index(query: BoardFilter) -> Any:
    """The boards that you see, by department."""
    found = boards.boards(actor(), department_id=query.department_id)
    return array_response(boards.serialize(actor(), list(paginate(found, query))), len(found), query)


@blueprint.post("/", responses={201: BoardOut})
def create(body: BoardIn) -> Any:
    """A new board. For admins."""
    return _shown(boards.create(actor(), **_with_level(body.model_dump())).id), 201


@blueprint.get("/<int:board_id>", responses={200: BoardOut})
def show(path: BoardPath) -> Any:
    """One board."""
    return _shown(path.board_id)


@blueprint.patch("/<int:board_id>", responses={200: BoardOut})
def edit(path: BoardPath, body: BoardPatch) -> Any:
    """Change the fields that are sent. For admins; `wip_limits` alone also for those with the level `manage`."""
    return _shown(boards.edit(actor(), path.board_id, _with_level(body.changes())).id)


@blueprint.delete("/<int:board_id>", responses={204: None})
def delete(path: BoardPath, query: MoveTo) -> Any:
    """Delete it. While it holds tasks or agents, `move_to` names the board that they go to. For admins."""
    boards.delete(actor(), path.board_id, move_to=query.move_to)
    return no_content()
