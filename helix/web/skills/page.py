"""One skill: its editor, its versions and its actions."""

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
from helix.web import edit_conflicts, forms
from helix.web.admins import require_admin
from helix.web.blueprint import (
    actor,
    append_html,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.form_keys import repeatable
from helix.web.formatted import html
from helix.web.forms import int_or_none
from helix.web.skills import form as skill_form

blueprint = signed_in_blueprint("skill")
BLUEPRINTS = (blueprint,)
VERSIONS_PER_PAGE = 100


@blueprint.get("/skills/<int:skill_id>")
def show(skill_id: int) -> ResponseReturnValue:
    skill = skills.serialize(actor(), skills.get(skill_id))
    having = {agent["id"]: agent for agent in skills.agents_of(skill_id)}
    names = {board.id: board.name for board in layout_context().boards}
    return render_page(
        "skills/read.html",
        here="skills",
        skill=skill,
        content_html=html(skill["content"]),
        having=list(having.values()),
        board_names=[names[board_id] for board_id in skill["activation_board_ids"] if board_id in names],
        notes=session.pop("notes", []),
        may_administer=administration.may_administer(actor()),
    )


@blueprint.get("/skills/<int:skill_id>/edit")
def edit(skill_id: int) -> ResponseReturnValue:
    require_admin()
    skill = skills.serialize(actor(), skills.get(skill_id))
    return editor(skill, skill_form.current_values(skill))


def editor(
    skill: dict[str, Any] | None,
    typed: dict[str, Any],
    problems: forms.FieldErrors | None = None,
    *more: str,
    conflict: dict[str, Any] | None = None,
    seen: str | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """Render the form as a page, or for htmx as a partial with `more` HTML such as toasts.

    `conflict` is the context of an edit conflict; `seen` the fingerprint to keep from the first rendering.
    """
    row = skills.get(skill["id"]) if skill else None
    context = {
        "skill": skill,
        "typed": typed,
        "problems": problems or {},
        "conflict": conflict,
        "seen": seen or (edit_conflicts.fingerprint(skill_form.current_values(skill)) if skill else ""),
        "content_html": html(typed["content"]),
        "may_administer": True,
        "editing": True,
        **skill_form.choices(row),
    }
    if is_htmx_request():
        return append_html(render_partial("skills/_form.html", status, **context), *more)
    largest = size_in_words(stored_files.largest_upload())
    return render_page("skills/edit.html", here="skills", status=status, largest=largest, **context)


@blueprint.post("/skills/<int:skill_id>")
def save(skill_id: int) -> ResponseReturnValue:
    """Save the form. If the text changes and the version is empty, the patch number is incremented."""
    typed = skill_form.posted_values()
    try:
        changed = forms.changed_fields(typed, _held(skills.get(skill_id)), texts=("description", "content"))
        sent = SkillPatch.model_validate(skill_form.schema_values(changed))
        row = skills.edit(actor(), skill_id, sent.changes(), is_unchanged=edit_conflicts.if_unmodified(_held))
    except StaleEdit as error:
        return editor(error.present, typed, conflict=skill_form.conflict_context(error.present, typed), status=422)
    except forms.FORM_ERRORS as error:
        problems = forms.error_messages(error, words=skill_form.MESSAGES, otherwise="name")
        skill = skills.serialize(actor(), skills.get(skill_id))
        return editor(skill, typed, problems, seen=request.form.get(edit_conflicts.FIELD), status=422)
    if not is_htmx_request():
        return redirect_to(f"/skills/{skill_id}")
    skill = skills.serialize(actor(), row)
    return editor(
        skill, skill_form.current_values(skill), None, _head(skill), render_toast(f"Saved as {skill['version']}.")
    )


def _held(skill: Skill) -> dict[str, Any]:
    """The values of the form for a stored skill."""
    return skill_form.current_values(skills.serialize(actor(), skill))


def _head(skill: dict[str, Any]) -> str:
    return render_partial("skills/_head_partial.html", skill=skill, may_administer=True, editing=True).get_data(
        as_text=True
    )


@blueprint.post("/skills/preview")
@repeatable
def preview() -> ResponseReturnValue:
    """The typed text, rendered and sanitized."""
    require_admin()
    content = request.form.get("content", "")[:400_000]
    return render_partial("skills/_preview.html", content_html=html(content))


def _is_editing() -> bool:
    """Whether the request comes from the editor."""
    return (request.headers.get("HX-Current-URL") or "").split("?")[0].endswith("/edit")


@blueprint.post("/skills/<int:skill_id>/active")
def activate(skill_id: int) -> ResponseReturnValue:
    active = request.form.get("is_active") == "1"
    row = skills.edit(actor(), skill_id, {"is_active": active})
    if not is_htmx_request():
        return redirect_to(f"/skills/{skill_id}")
    skill = skills.serialize(actor(), row)
    words = "is active and will be used in the next runs." if active else "is inactive and will not be used in runs."
    return append_html(
        render_partial("skills/_head.html", skill=skill, may_administer=True, editing=_is_editing()),
        render_toast(f"{row.name} {words}"),
    )


@blueprint.get("/skills/<int:skill_id>/export")
def export(skill_id: int) -> ResponseReturnValue:
    """Download the skill as markdown, or with `?format=zip` with its files."""
    if request.args.get("format") == "zip":
        name, content = skills.export_zip(actor(), skill_id)
        return attachment(cast(BinaryIO, content), name=name, content_type="application/zip")
    name, text = skills.export(actor(), skill_id)
    return attachment(BytesIO(text.encode()), name=name, content_type="text/markdown")


@blueprint.get("/skills/<int:skill_id>/versions")
def versions(skill_id: int) -> ResponseReturnValue:
    """The versions, and of `?number=` (default: the newest) the changes, or with `?show=text` the text."""
    skill = skills.get(skill_id)
    found, total = skills.versions(skill_id, limit=VERSIONS_PER_PAGE)
    selected = int_or_none(request.args, "number") or total
    shown = skills.version(actor(), skill_id, selected) if selected else None
    context = {
        "skill": skill,
        "versions": found,
        "total": total,
        "shown": shown,
        "text_html": html(shown["content"]) if shown and _shows_text(shown) else None,
        "may_restore": bool(shown) and not shown["is_current"] and administration.may_administer(actor()),
    }
    if is_htmx_request():
        return render_partial("skills/_versions.html", **context)
    return render_page("skills/versions.html", here="skills", **context)


def _shows_text(version: dict[str, Any]) -> bool:
    """Asked for, or nothing came before it to compare with."""
    return request.args.get("show") == "text" or version["number"] == 1


@blueprint.post("/skills/<int:skill_id>/versions/<int:number>/restore")
def restore(skill_id: int, number: int) -> ResponseReturnValue:
    skills.restore(actor(), skill_id, number)
    return redirect_to(f"/skills/{skill_id}")


@blueprint.get("/skills/<int:skill_id>/delete")
def ask(skill_id: int) -> ResponseReturnValue:
    require_admin()
    context = {
        "skill": skills.get(skill_id),
        "having": len(skills.agents_of(skill_id)),
        "everyone": len(agents.agents(texts=False)),
    }
    if is_htmx_request():
        return render_partial("skills/_delete.html", **context)
    return render_page("skills/delete.html", here="skills", **context)


@blueprint.post("/skills/<int:skill_id>/delete")
def delete(skill_id: int) -> ResponseReturnValue:
    skills.delete(actor(), skill_id)
    return redirect_to("/skills")
