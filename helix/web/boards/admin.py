"""Departments and boards made, changed, put in order and deleted. For admins."""

import re
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models import Board, Department
from helix.schemas.board import BoardIn, BoardPatch, DepartmentIn, DepartmentPatch
from helix.services import boards
from helix.services.boards import order
from helix.services.boards.write import describe_counts
from helix.services.conflicts import StaleEdit
from helix.web import form_values, stale
from helix.web.admins import admins_only
from helix.web.blueprint import actor, by_htmx, page, part, see, signed_in_blueprint
from helix.web.forms import ids

blueprint = signed_in_blueprint("boards_admin")
blueprint.before_request(admins_only)
BLUEPRINTS = (blueprint,)
OF_BOARD = ("name", "department_id", "description")
OF_DEPARTMENT = ("name", "emoji")
LABELS = {"name": "Name", "emoji": "Emoji", "department_id": "Department", "description": "Description"}
STEPS = {"up": -1, "down": 1}


@blueprint.get("/boards/new")
def new_board() -> ResponseReturnValue:
    return _form("board", None, {"department_id": request.args.get("department", "")})


@blueprint.post("/boards")
def create_board() -> ResponseReturnValue:
    typed = form_values.typed(*OF_BOARD)
    try:
        board = boards.create(actor(), **BoardIn.model_validate(typed).model_dump())
    except form_values.REFUSALS as error:
        return _form("board", None, typed, form_values.problems(error, otherwise="name"), 422)
    return see(f"/boards/{board.id}")


@blueprint.get("/boards/<int:board_id>/edit")
def board_form(board_id: int) -> ResponseReturnValue:
    board = boards.get(actor(), board_id)
    return _form("board", board, _present(board))


def _present(thing: Board | Department) -> dict[str, str]:
    """A board or a department in the shape of what is typed."""
    fields = OF_BOARD if isinstance(thing, Board) else OF_DEPARTMENT
    return {name: str(getattr(thing, name)) for name in fields}


def _changed(typed: dict[str, str], thing: Board | Department) -> dict[str, Any]:
    return form_values.changed(typed, _present(thing), texts=("description",))


@blueprint.post("/boards/<int:board_id>/edit")
def edit_board(board_id: int) -> ResponseReturnValue:
    board, typed = boards.get(actor(), board_id), form_values.typed(*OF_BOARD)
    try:
        sent = BoardPatch.model_validate(_changed(typed, board)).sent()
        boards.edit(actor(), board_id, sent, is_unchanged=stale.still(_present))
    except StaleEdit:
        board = boards.get(actor(), board_id)
        return _form("board", board, typed, status=422, meanwhile=_meanwhile(_present(board), typed))
    except form_values.REFUSALS as error:
        return _form("board", board, typed, form_values.problems(error, otherwise="name"), 422)
    return see("/boards")


def _meanwhile(now: dict[str, str], typed: dict[str, str]) -> dict[str, Any]:
    names = {str(one.id): one.name for one in boards.departments()}
    theirs, yours = (fields | {"department_id": names.get(fields["department_id"], "")} for fields in (now, typed))
    return stale.meanwhile("board", LABELS, theirs, yours, back="/boards")


@blueprint.post("/boards/<int:board_id>/step")
def step_board(board_id: int) -> ResponseReturnValue:
    order.move_board(actor(), board_id, _by())
    return _stepped()


@blueprint.get("/boards/<int:board_id>/delete")
def ask_board(board_id: int) -> ResponseReturnValue:
    return _ask("board", boards.get(actor(), board_id))


@blueprint.post("/boards/<int:board_id>/delete")
def delete_board(board_id: int) -> ResponseReturnValue:
    board = boards.get(actor(), board_id)
    try:
        boards.delete(actor(), board_id, move_to=ids(request.form.get("move_to", ""), "move_to"))
    except form_values.REFUSALS as error:
        return _ask("board", board, form_values.problems(error, otherwise="move_to"), 422)
    return see("/boards")


@blueprint.get("/departments/new")
def new_department() -> ResponseReturnValue:
    return _form("department", None, {})


@blueprint.post("/departments")
def create_department() -> ResponseReturnValue:
    typed = form_values.typed(*OF_DEPARTMENT)
    try:
        boards.create_department(actor(), **DepartmentIn.model_validate(typed).model_dump())
    except form_values.REFUSALS as error:
        return _form("department", None, typed, form_values.problems(error, otherwise="name"), 422)
    return see("/boards")


@blueprint.get("/departments/<int:department_id>/edit")
def department_form(department_id: int) -> ResponseReturnValue:
    department = boards.get_department(department_id)
    return _form("department", department, _present(department))


@blueprint.post("/departments/<int:department_id>/edit")
def edit_department(department_id: int) -> ResponseReturnValue:
    department, typed = boards.get_department(department_id), form_values.typed(*OF_DEPARTMENT)
    try:
        sent = DepartmentPatch.model_validate(_changed(typed, department)).sent()
        boards.edit_department(actor(), department_id, sent, is_unchanged=stale.still(_present))
    except StaleEdit:
        department = boards.get_department(department_id)
        back = stale.meanwhile("department", LABELS, _present(department), typed, back="/boards")
        return _form("department", department, typed, status=422, meanwhile=back)
    except form_values.REFUSALS as error:
        return _form("department", department, typed, form_values.problems(error, otherwise="name"), 422)
    return see("/boards")


@blueprint.post("/departments/<int:department_id>/step")
def step_department(department_id: int) -> ResponseReturnValue:
    order.move_department(actor(), department_id, _by())
    return _stepped()


@blueprint.get("/departments/<int:department_id>/delete")
def ask_department(department_id: int) -> ResponseReturnValue:
    return _ask("department", boards.get_department(department_id))


@blueprint.post("/departments/<int:department_id>/delete")
def delete_department(department_id: int) -> ResponseReturnValue:
    department = boards.get_department(department_id)
    try:
        boards.delete_department(actor(), department_id, move_to=ids(request.form.get("move_to", ""), "move_to"))
    except form_values.REFUSALS as error:
        return _ask("department", department, form_values.problems(error, otherwise="move_to"), 422)
    return see("/boards")


def _by() -> int:
    """ "up" and "down" of the menu, or so many places as it was dragged: "-3"."""
    wanted = request.form.get("by", "")
    if wanted in STEPS:
        return STEPS[wanted]
    if not re.fullmatch(r"-?[0-9]{1,4}", wanted):
        raise Invalid.field("by", "Choose up or down.")
    return int(wanted)


def _stepped() -> ResponseReturnValue:
    """A page that dragged shows the new order already."""
    return ("", 204) if by_htmx() else see("/boards")


def _form(
    kind: str,
    thing: Any,
    typed: dict[str, str],
    problems: form_values.Problems | None = None,
    status: int = 200,
    meanwhile: dict[str, Any] | None = None,
) -> ResponseReturnValue:
    kept = request.form.get(stale.FIELD) if problems else None
    return _shown(
        "form",
        status,
        kind=kind,
        thing=thing,
        action=f"/{kind}s/{thing.id}/edit" if thing else f"/{kind}s",
        title=f"Edit {thing.name}" if thing else f"New {kind}",
        typed=typed,
        problems=problems or {},
        seen=kept or (stale.mark(_present(thing)) if thing else ""),
        meanwhile=meanwhile,
        departments=[(str(one.id), one.name) for one in boards.departments()],
    )


def _ask(kind: str, thing: Any, problems: form_values.Problems | None = None, status: int = 200) -> ResponseReturnValue:
    if kind == "board":
        held = {
            word.replace("_", " ").removesuffix("s"): number for word, number in boards.content_counts(thing.id).items()
        }
        others = [(other.id, other.name) for other in boards.boards(actor()) if other.id != thing.id]
    else:
        (shown,) = boards.serialize_departments(actor(), [thing])
        held = {"board": shown["board_count"], "agent": shown["agent_count"]}
        others = [(other.id, other.name) for other in boards.departments() if other.id != thing.id]
    return _shown(
        "delete",
        status,
        kind=kind,
        thing=thing,
        action=f"/{kind}s/{thing.id}/delete",
        title=f"Delete {thing.name}",
        holds=describe_counts(held) if any(held.values()) else "",
        others=others,
        problems=problems or {},
    )


def _shown(name: str, status: int, **context: Any) -> ResponseReturnValue:
    """A dialog for a script, a page without one."""
    if by_htmx():
        return part(f"boards/_{name}.html", status, **context)
    return page(
        "boards/page_of_form.html", here="boards", status=status, fields=f"boards/_{name}_fields.html", **context
    )
