"""Administration of departments and boards: create, edit, reorder, delete. Admins only."""

import re
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models import Board, Department
from helix.schemas.board import BoardIn, BoardPatch, DepartmentIn, DepartmentPatch
from helix.services import boards
from helix.services.boards.write import describe_counts
from helix.services.conflicts import StaleEdit
from helix.web import edit_conflicts, forms
from helix.web.admins import require_admin
from helix.web.blueprint import (
    actor,
    is_htmx_request,
    redirect_to,
    render_page,
    render_partial,
    signed_in_blueprint,
)
from helix.web.forms import parse_id

blueprint = signed_in_blueprint("boards_admin")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
OF_BOARD = ("name", "key", "department_id", "description")
OF_DEPARTMENT = ("name", "emoji")
LABELS = {"name": "Name", "emoji": "Emoji", "department_id": "Department", "key": "Key", "description": "Description"}
STEPS = {"up": -1, "down": 1}


@blueprint.get("/boards/new")
def new_board() -> ResponseReturnValue:
    return _form("board", None, {"department_id": request.args.get("department", "")})


@blueprint.post("/boards")
def create_board() -> ResponseReturnValue:
    typed = forms.posted_fields(*OF_BOARD)
    try:
        sent = forms.empty_to_none(typed, nullable=("key",))
        board = boards.create(actor(), **BoardIn.model_validate(sent).model_dump())
    except forms.FORM_ERRORS as error:
        return _form("board", None, typed, forms.error_messages(error, otherwise="name"), 422)
    return redirect_to(f"/boards/{board.id}")


@blueprint.get("/boards/<int:board_id>/edit")
def board_form(board_id: int) -> ResponseReturnValue:
    board = boards.get(actor(), board_id)
    return _form("board", board, _present(board))


def _present(thing: Board | Department) -> dict[str, str]:
    """The values of the form for a stored board or department."""
    fields = OF_BOARD if isinstance(thing, Board) else OF_DEPARTMENT
    return {name: str(getattr(thing, name) or "") for name in fields}


def _changed(typed: dict[str, str], thing: Board | Department) -> dict[str, Any]:
    return forms.changed_fields(typed, _present(thing), texts=("description",))


@blueprint.post("/boards/<int:board_id>/edit")
def edit_board(board_id: int) -> ResponseReturnValue:
    board, typed = boards.get(actor(), board_id), forms.posted_fields(*OF_BOARD)
    typed["key"] = request.form.get("key", board.key or "")
    try:
        sent = BoardPatch.model_validate(_changed(typed, board)).sent()
        boards.edit(actor(), board_id, sent, is_unchanged=edit_conflicts.if_unmodified(_present))
    except StaleEdit:
        board = boards.get(actor(), board_id)
        return _form("board", board, typed, status=422, conflict=_conflict(_present(board), typed))
    except forms.FORM_ERRORS as error:
        return _form("board", board, typed, forms.error_messages(error, otherwise="name"), 422)
    return redirect_to(_where_it_was_opened(board_id))


def _where_it_was_opened(board_id: int) -> str:
    """The board itself, when its own menu opened the form; else the list of boards."""
    page = request.headers.get("HX-Current-URL", "").split("?")[0].split("#")[0]
    return f"/boards/{board_id}" if page.endswith(f"/boards/{board_id}") else "/boards"


def _conflict(now: dict[str, str], typed: dict[str, str]) -> dict[str, Any]:
    names = {str(one.id): one.name for one in boards.departments()}
    theirs, yours = (fields | {"department_id": names.get(fields["department_id"], "")} for fields in (now, typed))
    return edit_conflicts.conflict_context("board", LABELS, theirs, yours, back="/boards")


@blueprint.post("/boards/<int:board_id>/step")
def step_board(board_id: int) -> ResponseReturnValue:
    boards.move_board(actor(), board_id, _steps())
    return _reordered()


@blueprint.get("/boards/<int:board_id>/delete")
def ask_board(board_id: int) -> ResponseReturnValue:
    return _confirm_delete("board", boards.get(actor(), board_id))


@blueprint.post("/boards/<int:board_id>/delete")
def delete_board(board_id: int) -> ResponseReturnValue:
    board = boards.get(actor(), board_id)
    try:
        boards.delete(actor(), board_id, move_to=parse_id(request.form.get("move_to", ""), "move_to"))
    except forms.FORM_ERRORS as error:
        return _confirm_delete("board", board, forms.error_messages(error, otherwise="move_to"), 422)
    return redirect_to("/boards")


@blueprint.get("/departments/new")
def new_department() -> ResponseReturnValue:
    return _form("department", None, {})


@blueprint.post("/departments")
def create_department() -> ResponseReturnValue:
    typed = forms.posted_fields(*OF_DEPARTMENT)
    try:
        boards.create_department(actor(), **DepartmentIn.model_validate(typed).model_dump())
    except forms.FORM_ERRORS as error:
        return _form("department", None, typed, forms.error_messages(error, otherwise="name"), 422)
    return redirect_to("/boards")


@blueprint.get("/departments/<int:department_id>/edit")
def department_form(department_id: int) -> ResponseReturnValue:
    department = boards.get_department(department_id)
    return _form("department", department, _present(department))


@blueprint.post("/departments/<int:department_id>/edit")
def edit_department(department_id: int) -> ResponseReturnValue:
    department, typed = boards.get_department(department_id), forms.posted_fields(*OF_DEPARTMENT)
    try:
        sent = DepartmentPatch.model_validate(_changed(typed, department)).sent()
        boards.edit_department(actor(), department_id, sent, is_unchanged=edit_conflicts.if_unmodified(_present))
    except StaleEdit:
        department = boards.get_department(department_id)
        back = edit_conflicts.conflict_context("department", LABELS, _present(department), typed, back="/boards")
        return _form("department", department, typed, status=422, conflict=back)
    except forms.FORM_ERRORS as error:
        return _form("department", department, typed, forms.error_messages(error, otherwise="name"), 422)
    return redirect_to("/boards")


@blueprint.post("/departments/<int:department_id>/step")
def step_department(department_id: int) -> ResponseReturnValue:
    boards.move_department(actor(), department_id, _steps())
    return _reordered()


@blueprint.get("/departments/<int:department_id>/delete")
def ask_department(department_id: int) -> ResponseReturnValue:
    return _confirm_delete("department", boards.get_department(department_id))


@blueprint.post("/departments/<int:department_id>/delete")
def delete_department(department_id: int) -> ResponseReturnValue:
    department = boards.get_department(department_id)
    try:
        boards.delete_department(actor(), department_id, move_to=parse_id(request.form.get("move_to", ""), "move_to"))
    except forms.FORM_ERRORS as error:
        return _confirm_delete("department", department, forms.error_messages(error, otherwise="move_to"), 422)
    return redirect_to("/boards")


def _steps() -> int:
    """The number of places to move: "up" or "down" from the menu, or a number such as "-3" after dragging."""
    step = request.form.get("by", "")
    if step in STEPS:
        return STEPS[step]
    if not re.fullmatch(r"-?[0-9]{1,4}", step):
        raise Invalid.field("by", "Choose up or down.")
    return int(step)


def _reordered() -> ResponseReturnValue:
    """204 for htmx: after dragging, the page shows the new order already."""
    return ("", 204) if is_htmx_request() else redirect_to("/boards")


def _form(
    kind: str,
    thing: Any,
    typed: dict[str, str],
    problems: forms.FieldErrors | None = None,
    status: int = 200,
    conflict: dict[str, Any] | None = None,
) -> ResponseReturnValue:
    kept = request.form.get(edit_conflicts.FIELD) if problems else None
    return _shown(
        "form",
        status,
        kind=kind,
        thing=thing,
        action=f"/{kind}s/{thing.id}/edit" if thing else f"/{kind}s",
        title=f"Edit {thing.name}" if thing else f"New {kind}",
        typed=typed,
        problems=problems or {},
        seen=kept or (edit_conflicts.fingerprint(_present(thing)) if thing else ""),
        conflict=conflict,
        departments=[(str(one.id), one.name) for one in boards.departments()],
    )


def _confirm_delete(
    kind: str, thing: Any, problems: forms.FieldErrors | None = None, status: int = 200
) -> ResponseReturnValue:
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
    """A dialog for htmx, a page without JavaScript."""
    if is_htmx_request():
        return render_partial(f"boards/_{name}.html", status, **context)
    return render_page(
        "boards/page_of_form.html",
        here="boards",
        status=status,
        fields=f"boards/_{name}_fields.html",
        deletes=name == "delete",
        **context,
    )
