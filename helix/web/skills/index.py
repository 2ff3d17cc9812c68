"""The list of skills, creating one, and importing skills from files."""

from typing import Any, cast
from urllib.parse import urlencode

from flask import request, session
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.files.transfer import taking
from helix.policies import administration
from helix.schemas.skill import SkillIn
from helix.services import skills
from helix.services.skills.files import MAX_TOTAL_BYTES
from helix.services.skills.importing import OnConflict
from helix.web import forms, paging
from helix.web.admins import require_admin
from helix.web.blueprint import actor, is_htmx_request, redirect_to, render_page, render_partial, signed_in_blueprint
from helix.web.form_keys import repeatable
from helix.web.forms import search_text
from helix.web.skills import form as skill_form
from helix.web.skills.page import editor

blueprint = signed_in_blueprint("skills")
blueprint.before_request(
    taking({"preview": lambda: MAX_TOTAL_BYTES, "import_file": lambda: MAX_TOTAL_BYTES}, refuse_other_bodies=False)
)
BLUEPRINTS = (blueprint,)
PAGE_SIZE = 50


@blueprint.get("/skills")
def index() -> ResponseReturnValue:
    """`?q=&category=&tag=&page=`."""
    filters = {name: search_text(request.args, name) for name in ("q", "category", "tag")}
    skill_filter = skills.SkillFilter(filters["q"] or None, filters["category"] or None, filters["tag"] or None)
    found, total = skills.list_skills(skill_filter, limit=PAGE_SIZE, offset=paging.offset(PAGE_SIZE))
    query = urlencode({name: value for name, value in filters.items() if value})
    context = {
        "skills": skills.serialize_many(actor(), found),
        **paging.pager_context(total, PAGE_SIZE),
        "base": f"/skills?{query}&page=" if query else "/skills?page=",
        "narrowed": filters,
        "may_administer": administration.may_administer(actor()),
    }
    if is_htmx_request():
        return render_partial("skills/_list.html", **context)
    return render_page(
        "skills/index.html",
        here="skills",
        categories=[(name, name) for name in skills.categories()],
        tags=[(name, name) for name in skills.tags()],
        **context,
    )


@blueprint.get("/skills/new")
def new() -> ResponseReturnValue:
    """`?agent=` ticks an agent."""
    require_admin()
    agent_id = forms.int_or_none(request.args, "agent")
    return editor(None, skill_form.blank() | {"agent_ids": [agent_id] if agent_id else []})


@blueprint.post("/skills")
def create() -> ResponseReturnValue:
    typed = skill_form.posted_values()
    try:
        skill = skills.create(actor(), **SkillIn.model_validate(skill_form.schema_values(typed)).model_dump())
    except forms.FORM_ERRORS as error:
        return editor(None, typed, forms.error_messages(error, words=skill_form.MESSAGES, otherwise="name"), status=422)
    return redirect_to(f"/skills/{skill.id}")


@blueprint.get("/skills/import")
def choose() -> ResponseReturnValue:
    require_admin()
    if is_htmx_request():
        return render_partial("skills/_import.html", problem="")
    return render_page("skills/import.html", here="skills", problem="")


@blueprint.post("/skills/import/preview")
@repeatable
def preview() -> ResponseReturnValue:
    """A preview of the import. Nothing is saved."""
    found: dict[str, Any] = {"found": None, "several": None, "problem": None}
    try:
        uploads, on_conflict = _chosen()
        if skills.contains_several(actor(), uploads):
            report = skills.import_several(actor(), uploads, on_conflict=on_conflict, dry_run=True)
            lines = [{**line, "is_refused": line["action"] == "refused"} for line in report["skills"]]
            found["several"] = report | {
                "skills": lines,
                "importable_count": sum(not line["is_refused"] for line in lines),
                "on_conflict": on_conflict,
            }
        else:
            (one,) = uploads
            found["found"] = skills.preview(actor(), one.stream, file_name=one.name, on_conflict=on_conflict)
    except forms.FORM_ERRORS as error:
        found["problem"] = _sentence(error)
    return render_partial("skills/_import_preview.html", **found)


@blueprint.post("/skills/import")
def import_file() -> ResponseReturnValue:
    """Import skills, inactive. One skill redirects to its page for review; several return a report."""
    try:
        uploads, on_conflict = _chosen()
        if request.form.get("several") or skills.contains_several(actor(), uploads):
            # Without JavaScript there are no checkboxes: import all.
            only = request.form.getlist("only") if request.form.get("several") else None
            report = skills.import_several(actor(), uploads, only=only, on_conflict=on_conflict)
            return render_partial("skills/_imported.html", report=report) if is_htmx_request() else _imported(report)
        (one,) = uploads
        skill, notes = skills.import_file(actor(), one.stream, file_name=one.name, on_conflict=on_conflict)
    except forms.FORM_ERRORS as error:
        if is_htmx_request():
            return render_partial(
                "skills/_import_preview.html", 422, found=None, several=None, problem=_sentence(error)
            )
        return render_page("skills/import.html", here="skills", status=422, problem=_sentence(error))
    session["notes"] = notes  # shown once on the skill's page; in the session because a URL could be forged
    return redirect_to(f"/skills/{skill.id}")


def _imported(report: dict[str, Any]) -> ResponseReturnValue:
    return render_page("skills/imported.html", here="skills", report=report)


def _chosen() -> tuple[list[skills.Upload], OnConflict | None]:
    uploads = [skills.Upload(file.filename, file.stream) for file in request.files.getlist("file") if file.filename]
    if not uploads:
        raise Invalid.field("file", "Choose a .md file, or a .zip of a folder with a SKILL.md.")
    on_conflict = request.form.get("on_conflict")
    return uploads, cast(OnConflict, on_conflict) if on_conflict in ("new_version", "rename") else None


def _sentence(error: Any) -> str:
    return next(iter(forms.error_messages(error, otherwise="file").values()))
