"""The list of workflows, and new ones: by name, or from YAML."""

from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.schemas.workflow import WorkflowImport, WorkflowIn
from helix.services import workflows
from helix.web import forms
from helix.web.admins import require_admin
from helix.web.blueprint import actor, layout_context, redirect_to, render_page, signed_in_blueprint

blueprint = signed_in_blueprint("workflows")
BLUEPRINTS = (blueprint,)
MESSAGES = {"name": "Enter a name of 1 to 120 characters.", "yaml": "Choose a file, or paste its text."}


@blueprint.get("/workflows")
def index() -> ResponseReturnValue:
    found = workflows.workflows(actor())
    return render_page(
        "workflows/index.html",
        here="workflows",
        part="listed",
        workflows=[workflows.serialize(one) for one in found],
        latest=workflows.latest_runs(actor(), [one.id for one in found]),
        boards={board.id: board.name for board in layout_context().boards},
        may_write=actor().is_admin,
    )


@blueprint.get("/workflows/new")
def new() -> ResponseReturnValue:
    require_admin()
    return _form({})


@blueprint.post("/workflows/new")
def create() -> ResponseReturnValue:
    require_admin()
    typed = forms.posted_fields("name", "description", "board_id")
    try:
        fields: dict[str, Any] = {**typed, "board_id": forms.parse_id(typed["board_id"], "board_id")}
        sent = WorkflowIn.model_validate(fields)
        workflow = workflows.create(actor(), name=sent.name, description=sent.description, board_id=sent.board_id)
    except forms.FORM_ERRORS as error:
        return _form(typed, forms.error_messages(error, words=MESSAGES, otherwise="name"), 422)
    return redirect_to(f"/workflows/{workflow.id}")


@blueprint.post("/workflows/import")
def import_yaml() -> ResponseReturnValue:
    """A new workflow from a file or a text, disabled and not published."""
    require_admin()
    typed = forms.posted_fields("yaml", "board_id")
    try:
        text = _text_of(request.files.get("file")) or typed["yaml"]
        board_id = forms.parse_id(typed["board_id"], "board_id")
        sent = WorkflowImport.model_validate({"yaml": text, "board_id": board_id})
        workflow = workflows.load_into(actor(), sent.yaml, board_id=sent.board_id)
    except forms.FORM_ERRORS as error:
        return _form(typed, forms.error_messages(error, words=MESSAGES, otherwise="yaml"), 422)
    flash(f"Imported {workflow.name}. Publish and enable it to start it.", "ok")
    return redirect_to(f"/workflows/{workflow.id}")


def _text_of(file: Any) -> str:
    """The text of an uploaded file; empty without one. Raises Invalid for what is no UTF-8."""
    content = file.read(workflows.LONGEST_YAML * 4 + 1) if file else b""
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Invalid.field("yaml", "This file is no text in UTF-8.") from error


def _form(typed: dict[str, Any], problems: forms.FieldErrors | None = None, status: int = 200) -> ResponseReturnValue:
    return render_page(
        "workflows/new.html",
        here="workflows",
        status=status,
        typed=typed,
        problems=problems or {},
        boards=board_choices(),
    )


def board_choices() -> list[tuple[int, str, str]]:
    """Every board, for a select. For admins, who see all of them."""
    return [(board.id, board.name, board.department.name) for board in layout_context().boards]
