"""The limits of a board's columns: one of them from the column, all of them from the board's menu."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models.vocabulary import TaskStatus
from helix.policies import boards as policy
from helix.services import boards
from helix.services.tasks.columns import COLUMNS
from helix.web import forms
from helix.web.blueprint import (
    actor,
    close_dialog,
    is_htmx_request,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
    toast_header,
)
from helix.web.formats import status_label
from helix.web.forms import parse_choice

blueprint = signed_in_blueprint("board_limits")
BLUEPRINTS = (blueprint,)
MAX_LIMIT = 10_000


@blueprint.get("/boards/<int:board_id>/limits")
def form(board_id: int) -> ResponseReturnValue:
    board = boards.get(actor(), board_id, to=policy.may_manage)
    typed = {f"limit-{status}": str(board.wip_limits.get(status, "")) for status in COLUMNS}
    return _form(board_id, board.name, typed, {})


@blueprint.post("/boards/<int:board_id>/limits")
def save(board_id: int) -> ResponseReturnValue:
    """Set the limit of one column (`status`, `limit`) or of several (`limit-todo`...); an empty value removes it."""
    board = boards.get(actor(), board_id, to=policy.may_manage)
    if "status" in request.form:
        return _save_one(board_id)
    typed = {name: request.form[name] for status in COLUMNS if (name := f"limit-{status}") in request.form}
    try:
        limits = {TaskStatus(name.removeprefix("limit-")): _limit(name, text) for name, text in typed.items()}
    except Invalid as error:
        return _form(board_id, board.name, typed, forms.error_messages(error, otherwise=""), 422)
    boards.edit(actor(), board_id, {"wip_limits": limits})
    if not is_htmx_request():
        return redirect_to(f"/boards/{board_id}")
    return close_dialog(render_toast("Limits saved."))


def _save_one(board_id: int) -> ResponseReturnValue:
    status = parse_choice(TaskStatus, "status", request.form.get("status", ""))
    limit = _limit("limit", request.form.get("limit", ""))
    boards.edit(actor(), board_id, {"wip_limits": {status: limit}})
    words = f"{status_label(status)} holds at most {limit}." if limit else f"{status_label(status)} has no limit."
    return ("", 204, toast_header(words)) if is_htmx_request() else redirect_to(f"/boards/{board_id}")


def _limit(field: str, text: str) -> int | None:
    text = text.strip()
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if text and not 1 <= limit <= MAX_LIMIT:
        raise Invalid.field(field, "Enter a whole number from 1 to 10,000, or leave it empty for no limit.")
    return limit or None


def _form(
    board_id: int, name: str, typed: dict[str, str], problems: forms.FieldErrors, status: int = 200
) -> ResponseReturnValue:
    context: dict[str, Any] = {
        "title": f"Limits of {name}",
        "action": f"/boards/{board_id}/limits",
        "columns": COLUMNS,
        "typed": typed,
        "problems": problems,
    }
    if is_htmx_request():
        return render_partial("boards/_limits.html", status, **context)
    return render_page(
        "boards/page_of_form.html",
        here=f"board-{board_id}",
        status=status,
        fields="boards/_limits_fields.html",
        deletes=False,
        **context,
    )
