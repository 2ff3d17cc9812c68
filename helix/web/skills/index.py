"""The skills: found, made, and brought in from files."""

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
from helix.web import form_values, paging
from helix.web.admins import admins_only
from helix.web.blueprint import actor, by_htmx, page, part, see, signed_in_blueprint
from helix.web.form_keys import repeatable
from helix.web.forms import sought
from helix.web.skills import form as skill_form
from helix.web.skills.page import editor

blueprint = signed_in_blueprint("skills")
blueprint.before_request(
    taking({"look_into": lambda: MAX_TOTAL_BYTES, "import_file": lambda: MAX_TOTAL_BYTES}, refuse_other_bodies=False)
)
BLUEPRINTS = (blueprint,)
AT_ONCE = 50


@blueprint.get("/skills")
def index() -> ResponseReturnValue:
    """`?q=&category=&tag=&page=`."""
    narrowed = {name: sought(request.args, name) for name in ("q", "category", "tag")}
    wanted = skills.SkillFilter(narrowed["q"] or None, narrowed["category"] or None, narrowed["tag"] or None)
    found, total = skills.list_skills(wanted, limit=AT_ONCE, offset=paging.offset(AT_ONCE))
    query = urlencode({name: value for name, value in narrowed.items() if value})
    context = {
        "skills": skills.serialize_many(actor(), found),
        **paging.turned(total, AT_ONCE),
        "base": f"/skills?{query}&page=" if query else "/skills?page=",
        "narrowed": narrowed,
        "may_administer": administration.may_administer(actor()),
    }
    if by_htmx():
        return part("skills/_list.html", **context)
    return page("skills/index.html", here="skills", categories=skills.categories(), tags=skills.tags(), **context)


@blueprint.get("/skills/new")
def new() -> ResponseReturnValue:
    admins_only()
    return editor(None, skill_form.blank())


@blueprint.post("/skills")
def create() -> ResponseReturnValue:
    typed = skill_form.typed()
    try:
        skill = skills.create(actor(), **SkillIn.model_validate(skill_form.values(typed)).model_dump())
    except form_values.REFUSALS as error:
        return editor(None, typed, form_values.problems(error, words=skill_form.WORDS, otherwise="name"), status=422)
    return see(f"/skills/{skill.id}")


@blueprint.get("/skills/import")
def choose() -> ResponseReturnValue:
    admins_only()
    if by_htmx():
        return part("skills/_import.html", problem="")
    return page("skills/import.html", here="skills", problem="")


@blueprint.post("/skills/import/preview")
@repeatable
def look_into() -> ResponseReturnValue:
    """What the chosen files would become. Nothing is saved."""
    found: dict[str, Any] = {"found": None, "several": None, "problem": None}
    try:
        uploads, clash = _chosen()
        if skills.contains_several(actor(), uploads):
            report = skills.import_several(actor(), uploads, on_conflict=clash, dry_run=True)
            found["several"] = report | {"on_conflict": clash}
        else:
            (one,) = uploads
            found["found"] = skills.preview(actor(), one.stream, file_name=one.name, on_conflict=clash)
    except form_values.REFUSALS as error:
        found["problem"] = _sentence(error)
    return part("skills/_import_preview.html", **found)


@blueprint.post("/skills/import")
def import_file() -> ResponseReturnValue:
    """They come in inactive. The page of one asks an admin to look it over; several are answered with a report."""
    try:
        uploads, clash = _chosen()
        if request.form.get("several") or skills.contains_several(actor(), uploads):
            # Without a script there is nothing to tick, and all are meant.
            only = request.form.getlist("only") if request.form.get("several") else None
            report = skills.import_several(actor(), uploads, only=only, on_conflict=clash)
            return part("skills/_imported.html", report=report) if by_htmx() else _imported(report)
        (one,) = uploads
        skill, notes = skills.import_file(actor(), one.stream, file_name=one.name, on_conflict=clash)
    except form_values.REFUSALS as error:
        if by_htmx():
            return part("skills/_import_preview.html", 422, found=None, several=None, problem=_sentence(error))
        return page("skills/import.html", here="skills", status=422, problem=_sentence(error))
    session["notes"] = notes  # shown once on its page, and never taken from an address
    return see(f"/skills/{skill.id}")


def _imported(report: dict[str, Any]) -> ResponseReturnValue:
    return page("skills/imported.html", here="skills", report=report)


def _chosen() -> tuple[list[skills.Upload], OnConflict | None]:
    uploads = [skills.Upload(file.filename, file.stream) for file in request.files.getlist("file") if file.filename]
    if not uploads:
        raise Invalid.field("file", "Choose a .md file, or a .zip of a folder with a SKILL.md.")
    clash = request.form.get("on_conflict")
    return uploads, cast(OnConflict, clash) if clash in ("new_version", "rename") else None


def _sentence(error: Any) -> str:
    return next(iter(form_values.problems(error, otherwise="file").values()))
