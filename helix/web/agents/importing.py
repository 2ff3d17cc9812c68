"""Importing agents from files: a preview, then the import."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.files.transfer import taking
from helix.services import agent_import, boards
from helix.services.skills.files import MAX_TOTAL_BYTES
from helix.web import forms
from helix.web.admins import require_admin
from helix.web.blueprint import (
    actor,
    is_htmx_request,
    render_page,
    render_partial,
    signed_in_blueprint,
)
from helix.web.forms import parse_id

blueprint = signed_in_blueprint("agent_import")
blueprint.before_request(
    taking({"preview": lambda: MAX_TOTAL_BYTES, "import_files": lambda: MAX_TOTAL_BYTES}, refuse_other_bodies=False)
)
BLUEPRINTS = (blueprint,)
# Label and tone, by the action of a line of the report.
ACTION_BADGES = {"skip": ("Name taken", "warn"), "update": ("Update", ""), "rename": ("Renamed", "")}


@blueprint.get("/agents/import")
def choose() -> ResponseReturnValue:
    require_admin()
    return _form(None)


@blueprint.post("/agents/import/preview")
def preview() -> ResponseReturnValue:
    """A preview of the import. Nothing is saved."""
    try:
        report, problem = _with_labels(_import(dry_run=True)), None
    except forms.FORM_ERRORS as error:
        report, problem = None, _sentence(error)
    return render_partial("agents/_import_preview.html", report=report, problem=problem)


@blueprint.post("/agents/import")
def import_files() -> ResponseReturnValue:
    try:
        report = _import(dry_run=False)
    except forms.FORM_ERRORS as error:
        if is_htmx_request():
            return render_partial("agents/_import_preview.html", 422, report=None, problem=_sentence(error))
        return _form(_sentence(error), 422)
    return (
        render_partial("agents/_imported.html", report=report)
        if is_htmx_request()
        else render_page("agents/imported.html", here="agents", report=report)
    )


def _import(*, dry_run: bool) -> dict[str, Any]:
    sent = [file for file in request.files.getlist("file") if file.filename]
    if not sent:
        raise Invalid.field("file", "Choose markdown files, or a .zip of them.")
    try:
        on_conflict = agent_import.OnConflict(request.form.get("on_conflict") or "skip")
    except ValueError as error:
        raise Invalid.field("on_conflict", "Choose what to do when the name exists.") from error
    choices = agent_import.ImportOptions(
        # Without JavaScript there are no checkboxes: import all.
        only=request.form.getlist("only") if request.form.get("looked") and not dry_run else None,
        on_conflict=on_conflict,
        department_id=parse_id(request.form.get("department", ""), "department") or None,
        create_departments=request.form.get("create_departments") == "1",
        readable_names=request.form.get("readable_names") == "1",
        dry_run=dry_run,
    )
    uploads = [agent_import.Upload(file.filename or "", file.stream) for file in sent]
    return agent_import.import_agents(actor(), uploads, choices)


def _with_labels(report: dict[str, Any]) -> dict[str, Any]:
    """The report of a dry run, with what can be chosen of it."""
    lines = [
        {
            **line,
            "is_refused": line["action"] == "refused",
            "is_importable": line["action"] not in ("refused", "skip"),
            "badge": ACTION_BADGES.get(line["action"]),
        }
        for line in report["agents"]
    ]
    return {**report, "agents": lines, "importable_count": sum(line["is_importable"] for line in lines)}


def _form(problem: str | None, status: int = 200) -> ResponseReturnValue:
    departments = [
        (str(department.id), f"{department.emoji} {department.name}".strip()) for department in boards.departments()
    ]
    context = {"problem": problem, "department_choices": departments}
    if is_htmx_request():
        return render_partial("agents/_import.html", status, **context)
    return render_page("agents/import.html", here="agents", status=status, **context)


def _sentence(error: Any) -> str:
    return next(iter(forms.error_messages(error, otherwise="file").values()))
