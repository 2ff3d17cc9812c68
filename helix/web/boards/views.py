"""Saved views of a board: the tabs above it, and creating, editing, sharing and deleting views."""

from typing import Any
from urllib.parse import parse_qsl

from flask import request
from flask.typing import ResponseReturnValue

from helix.models import SavedView
from helix.policies import views as policy
from helix.schemas.board import ViewIn, ViewPatch
from helix.services import boards
from helix.web import forms
from helix.web.blueprint import (
    actor,
    close_dialog,
    is_htmx_request,
    redirect_to,
    render_page,
    render_partial,
    signed_in_blueprint,
    trigger_events,
)
from helix.web.boards.filters import BoardFilter

blueprint = signed_in_blueprint("views")
BLUEPRINTS = (blueprint,)
FIELDS = ("name", "query")


def tabs(board_id: int, board_filter: BoardFilter) -> dict[str, Any]:
    """The context of the toolbar: the views, the open one, and whether the current filters differ from it."""
    found = boards.views(actor(), board_id)
    now = board_filter.saved_query()
    opened = next((view for view in found if view.id == board_filter.view), None)
    if opened is None and board_filter.view is None:
        opened = next((view for view in found if view.query == now), None) if now else None
    return {
        "views": found,
        "view": opened,
        "view_changed": opened is not None and opened.query != now,
        "may_change_view": opened is not None and policy.may_change(actor(), opened),
        "unsaved": bool(now) and (opened is None or opened.query != now),
    }


@blueprint.get("/boards/<int:board_id>/views")
def listed(board_id: int) -> ResponseReturnValue:
    """Render the tabs again after a view was saved or deleted. The query string is the board's."""
    board = boards.get(actor(), board_id)
    board_filter = BoardFilter.from_args(request.args)
    return render_partial("boards/_views.html", board=board, narrowed=board_filter, **tabs(board.id, board_filter))


@blueprint.get("/boards/<int:board_id>/views/new")
def new(board_id: int) -> ResponseReturnValue:
    boards.get(actor(), board_id)
    return _form(board_id, None, {"query": BoardFilter.from_args(request.args).saved_query()})


@blueprint.post("/boards/<int:board_id>/views")
def create(board_id: int) -> ResponseReturnValue:
    boards.get(actor(), board_id)
    typed = forms.posted_fields(*FIELDS)
    try:
        sent = ViewIn.model_validate({**typed, "shared": "shared" in request.form})
        view = boards.add_view(actor(), board_id, **sent.model_dump())
    except forms.FORM_ERRORS as error:
        return _form(board_id, None, typed, forms.error_messages(error, otherwise="name"), 422)
    return _show(address(view))


@blueprint.get("/board-views/<int:view_id>/edit")
def form(view_id: int) -> ResponseReturnValue:
    view = boards.view(actor(), view_id, to=policy.may_change)
    return _form(view.board_id, view, {"name": view.name, "query": view.query})


@blueprint.post("/board-views/<int:view_id>/edit")
def edit(view_id: int) -> ResponseReturnValue:
    """Save name and sharing (from the dialog), or only the query (from the button above the board)."""
    view = boards.view(actor(), view_id, to=policy.may_change)
    typed = forms.posted_fields(*(name for name in FIELDS if name in request.form))
    try:
        changed = forms.changed_fields(typed, {"name": view.name, "query": view.query})
        sent = ViewPatch.model_validate(changed).sent()
        if "name" in typed and policy.may_share(actor(), view.board_id):
            sent["shared"] = "shared" in request.form
        view = boards.edit_view(actor(), view_id, sent)
    except forms.FORM_ERRORS as error:
        return _form(view.board_id, view, typed, forms.error_messages(error, otherwise="name"), 422)
    return _show(address(view))


@blueprint.post("/board-views/<int:view_id>/delete")
def delete(view_id: int) -> ResponseReturnValue:
    board_id = boards.view(actor(), view_id).board_id
    boards.delete_view(actor(), view_id)
    return _show(f"/boards/{board_id}")


def address(view: SavedView) -> str:
    return f"/boards/{view.board_id}?view={view.id}{'&' if view.query else ''}{view.query}"


def _show(where: str) -> ResponseReturnValue:
    """Show the board at that URL; for htmx without a page load (board-narrow.js)."""
    if not is_htmx_request():
        return redirect_to(where)
    answer = close_dialog()
    answer.headers.update(trigger_events({"helix:narrow": {"address": where}}))
    return answer


def _form(
    board_id: int,
    view: SavedView | None,
    typed: dict[str, str],
    problems: forms.FieldErrors | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    context = {
        "board_id": board_id,
        "view": view,
        "typed": typed,
        "problems": problems or {},
        "shared": "shared" in request.form if problems else bool(view and view.shared),
        "may_share": policy.may_share(actor(), board_id),
        "parts": [f"{name}: {value}" for name, value in parse_qsl(typed.get("query", ""))],
    }
    if is_htmx_request():
        return render_partial("boards/_view_form.html", status, **context)
    return render_page("boards/view_form.html", here=f"board-{board_id}", status=status, **context)
