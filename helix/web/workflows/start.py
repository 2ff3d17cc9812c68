"""Starting a workflow: a form of its inputs."""

from collections.abc import Mapping

from flask import flash, request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models.vocabulary import BoardLevel
from helix.services import workflows
from helix.web import forms
from helix.web.blueprint import actor, layout_context, redirect_to, render_page, signed_in_blueprint
from helix.web.workflows import inputs

blueprint = signed_in_blueprint("workflow_start")
BLUEPRINTS = (blueprint,)


@blueprint.get("/workflows/<int:workflow_id>/start")
def show(workflow_id: int) -> ResponseReturnValue:
    return _form(workflow_id, None)


@blueprint.post("/workflows/<int:workflow_id>/start")
def start(workflow_id: int) -> ResponseReturnValue:
    typed = {name: value.replace("\r\n", "\n") for name, value in request.form.items()}
    try:
        board_id = forms.parse_id(typed.get("board_id", ""), "board_id")
        run = workflows.start(actor(), workflow_id, inputs.read(workflow_id, typed), board_id=board_id)
    except Invalid as error:
        return _form(workflow_id, typed, _problems(error), 422)
    except forms.FORM_ERRORS as error:
        return _form(workflow_id, typed, forms.error_messages(error), 422)
    flash("Started. Its tasks are on the board.", "ok")
    return redirect_to(f"/workflow-runs/{run.id}")


def _problems(error: Invalid) -> forms.FieldErrors:
    """By field: what is wrong with an input stands at it."""
    found: forms.FieldErrors = {}
    for problem in error.problems:
        loc = [str(part) for part in problem["loc"]]
        found.setdefault("-".join(loc[:2]) if loc[:1] == ["input"] else (loc[0] if loc else ""), problem["msg"])
    return found


def _form(
    workflow_id: int,
    typed: Mapping[str, str] | None,
    problems: forms.FieldErrors | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    workflow = workflows.get(actor(), workflow_id)
    wanted = inputs.wanted(workflow_id)
    shown = {f"{inputs.PREFIX}{one['key']}": one.get("default", "") for one in wanted} | {
        "board_id": workflow.board_id or ""
    }
    boards = [
        (board.id, board.name, board.department.name)
        for board in layout_context().boards
        if actor().level_on(board.id) >= BoardLevel.CREATE
    ]
    return render_page(
        "workflows/start.html",
        here="workflows",
        status=status,
        workflow=workflows.serialize(workflow),
        inputs=wanted,
        typed={**shown, **(typed or {})},
        problems=problems or {},
        boards=boards,
    )
