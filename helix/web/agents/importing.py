"""Agents out of files: first what would come of them, then importing them."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.files.transfer import taking
from helix.services import agent_import, boards
from helix.services.skills.files import MAX_TOTAL_BYTES
from helix.web import form_values
from helix.web.admins import admins_only
from helix.web.blueprint import actor, by_htmx, page, part, signed_in_blueprint
from helix.web.forms import ids

blueprint = signed_in_blueprint("agent_import")
blueprint.before_request(
    taking({"look_into": lambda: MAX_TOTAL_BYTES, "import_files": lambda: MAX_TOTAL_BYTES}, refuse_other_bodies=False)
)
BLUEPRINTS = (blueprint,)


@blueprint.get("/agents/import")
def choose() -> ResponseReturnValue:
    admins_only()
    return _form(None)


@blueprint.post("/agents/import/preview")
def look_into() -> ResponseReturnValue:
    """What would come of the chosen files. Nothing is saved."""
    try:
        report, problem = _import(dry_run=True), None
    except form_values.REFUSALS as error:
        report, problem = None, _sentence(error)
    return part("agents/_import_preview.html", report=report, problem=problem)


@blueprint.post("/agents/import")
def import_files() -> ResponseReturnValue:
    try:
        report = _import(dry_run=False)
    except form_values.REFUSALS as error:
        if by_htmx():
            return part("agents/_import_preview.html", 422, report=None, problem=_sentence(error))
        return _form(_sentence(error), 422)
    return (
        part("agents/_imported.html", report=report)
        if by_htmx()
        else page("agents/imported.html", here="agents", report=report)
    )


def _import(*, dry_run: bool) -> dict[str, Any]:
    sent = [file for file in request.files.getlist("file") if file.filename]
    if not sent:
        raise Invalid.field("file", "Choose markdown files, or a .zip of them.")
    try:
        on_conflict = agent_import.OnConflict(request.form.get("on_conflict") or "skip")
    except ValueError as error:
        raise Invalid.field("on_conflict", "Choose what to do where the name exists.") from error
    choices = agent_import.ImportOptions(
        # Without a script there is nothing to tick, and all are meant.
        only=request.form.getlist("only") if request.form.get("looked") and not dry_run else None,
        on_conflict=on_conflict,
        department_id=ids(request.form.get("department", ""), "department") or None,
        create_departments=request.form.get("create_departments") == "1",
        readable_names=request.form.get("readable_names") == "1",
        dry_run=dry_run,
    )
    uploads = [agent_import.Upload(file.filename or "", file.stream) for file in sent]
    return agent_import.import_agents(actor(), uploads, choices)


def _form(problem: str | None, status: int = 200) -> ResponseReturnValue:
    homes = [(str(home.id), f"{home.emoji} {home.name}".strip()) for home in boards.departments()]
    context = {"problem": problem, "department_choices": homes}
    if by_htmx():
        return part("agents/_import.html", status, **context)
    return page("agents/import.html", here="agents", status=status, **context)


def _sentence(error: Any) -> str:
    return next(iter(form_values.problems(error, otherwise="file").values()))
