"""One skill: its editor, its versions, and what is done to it."""

from io import BytesIO
from typing import Any, BinaryIO, cast

from flask import request, session
from flask.typing import ResponseReturnValue

from helix.files.store import size_in_words
from helix.files.transfer import attachment
from helix.models import Skill
from helix.policies import administration
from helix.schemas.skill import SkillPatch
from helix.services import agents, skills, stored_files
from helix.services.conflicts import StaleEdit
from helix.web import form_values, stale
from helix.web.admins import admins_only
from helix.web.blueprint import actor, around, by_htmx, page, part, see, signed_in_blueprint, toast
from helix.web.form_keys import repeatable
from helix.web.formatted import html
from helix.web.forms import number
from helix.web.skills import form as skill_form

blueprint = signed_in_blueprint("skill")
BLUEPRINTS = (blueprint,)
VERSIONS_AT_ONCE = 100


@blueprint.get("/skills/<int:skill_id>")
def show(skill_id: int) -> ResponseReturnValue:
    skill = skills.serialize(actor(), skills.get(skill_id))
    if administration.may_administer(actor()):
        return editor(skill, skill_form.present(skill))
    having = {agent["id"]: agent for agent in skills.agents_of(skill_id)}
    names = {board.id: board.name for board in around().boards}
    return page(
        "skills/read.html",
        here="skills",
        skill=skill,
        content_html=html(skill["content"]),
        having=list(having.values()),
        board_names=[names[board_id] for board_id in skill["activation_board_ids"] if board_id in names],
    )


def editor(
    skill: dict[str, Any] | None,
    typed: dict[str, Any],
    problems: form_values.Problems | None = None,
    *more: str,
    meanwhile: dict[str, Any] | None = None,
    seen: str | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """The form as a page; for htmx, which has saved, the form alone with toasts behind it.

    `meanwhile` is what somebody else saved; `seen` the mark of what the form showed first, where that stays.
    """
    row = skills.get(skill["id"]) if skill else None
    context = {
        "skill": skill,
        "typed": typed,
        "problems": problems or {},
        "meanwhile": meanwhile,
        "seen": seen or (stale.mark(skill_form.present(skill)) if skill else ""),
        "content_html": html(typed["content"]),
        "may_administer": True,
        **skill_form.choices(row),
    }
    if by_htmx():
        return form_values.with_more(part("skills/_form.html", status, **context), *more)
    notes = session.pop("notes", []) if skill else []
    largest = size_in_words(stored_files.largest_upload())
    return page("skills/edit.html", here="skills", status=status, notes=notes, largest=largest, **context)


@blueprint.post("/skills/<int:skill_id>")
def save(skill_id: int) -> ResponseReturnValue:
    """Everything that the form holds. A change of the text without a version raises the last number."""
    typed = skill_form.typed()
    try:
        really = form_values.changed(typed, _held(skills.get(skill_id)), texts=("description", "content"))
        sent = SkillPatch.model_validate(skill_form.values(really))
        row = skills.edit(actor(), skill_id, sent.changes(), is_unchanged=stale.still(_held))
    except StaleEdit as error:
        return editor(error.present, typed, meanwhile=skill_form.meanwhile(error.present, typed), status=422)
    except form_values.REFUSALS as error:
        problems = form_values.problems(error, words=skill_form.WORDS, otherwise="name")
        skill = skills.serialize(actor(), skills.get(skill_id))
        return editor(skill, typed, problems, seen=request.form.get(stale.FIELD), status=422)
    if not by_htmx():
        return see(f"/skills/{skill_id}")
    skill = skills.serialize(actor(), row)
    return editor(skill, skill_form.present(skill), None, _head(skill), toast(f"Saved as {skill['version']}."))


def _held(skill: Skill) -> dict[str, Any]:
    """What the form of a skill holds."""
    return skill_form.present(skills.serialize(actor(), skill))


def _head(skill: dict[str, Any]) -> str:
    return part("skills/_head_partial.html", skill=skill, may_administer=True).get_data(as_text=True)


@blueprint.post("/skills/preview")
@repeatable
def preview() -> ResponseReturnValue:
    """The text as it will look, rendered and cleaned as everywhere."""
    admins_only()
    content = request.form.get("content", "")[:400_000]
    return part("skills/_preview.html", content_html=html(content))


@blueprint.post("/skills/<int:skill_id>/active")
def activate(skill_id: int) -> ResponseReturnValue:
    active = request.form.get("is_active") == "1"
    row = skills.edit(actor(), skill_id, {"is_active": active})
    if not by_htmx():
        return see(f"/skills/{skill_id}")
    skill = skills.serialize(actor(), row)
    words = "is active: the next runs have it." if active else "is inactive: no run has it any more."
    return form_values.with_more(
        part("skills/_head.html", skill=skill, may_administer=True), toast(f"{row.name} {words}")
    )


@blueprint.get("/skills/<int:skill_id>/export")
def export(skill_id: int) -> ResponseReturnValue:
    """The text alone; `?format=zip`: with its files."""
    if request.args.get("format") == "zip":
        name, content = skills.export_zip(actor(), skill_id)
        return attachment(cast(BinaryIO, content), name=name, content_type="application/zip")
    name, text = skills.export(actor(), skill_id)
    return attachment(BytesIO(text.encode()), name=name, content_type="text/markdown")


@blueprint.get("/skills/<int:skill_id>/versions")
def versions(skill_id: int) -> ResponseReturnValue:
    """`?number=` is the one that is compared with the one before; without it, the newest."""
    skill = skills.get(skill_id)
    found, total = skills.versions(skill_id, limit=VERSIONS_AT_ONCE)
    wanted = number(request.args, "number") or total
    shown = skills.version(actor(), skill_id, wanted) if wanted else None
    context = {
        "skill": skill,
        "versions": found,
        "total": total,
        "shown": shown,
        "may_administer": administration.may_administer(actor()),
    }
    if by_htmx():
        return part("skills/_versions.html", **context)
    return page("skills/versions.html", here="skills", **context)


@blueprint.post("/skills/<int:skill_id>/versions/<int:number>/restore")
def restore(skill_id: int, number: int) -> ResponseReturnValue:
    skills.restore(actor(), skill_id, number)
    return see(f"/skills/{skill_id}")


@blueprint.get("/skills/<int:skill_id>/delete")
def ask(skill_id: int) -> ResponseReturnValue:
    admins_only()
    context = {
        "skill": skills.get(skill_id),
        "having": len(skills.agents_of(skill_id)),
        "everyone": len(agents.agents(texts=False)),
    }
    if by_htmx():
        return part("skills/_delete.html", **context)
    return page("skills/delete.html", here="skills", **context)


@blueprint.post("/skills/<int:skill_id>/delete")
def delete(skill_id: int) -> ResponseReturnValue:
    skills.delete(actor(), skill_id)
    return see("/skills")
