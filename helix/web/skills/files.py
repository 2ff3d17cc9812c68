"""The files of a skill."""

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.files.transfer import attachment, taking
from helix.services import skills, stored_files
from helix.text.filenames import safe_name
from helix.web.blueprint import actor, is_htmx_request, redirect_to, render_partial, signed_in_blueprint

blueprint = signed_in_blueprint("skill_files")
blueprint.before_request(taking({"attach": stored_files.largest_upload}, refuse_other_bodies=False))
BLUEPRINTS = (blueprint,)


@blueprint.post("/skills/<int:skill_id>/attachments")
def attach(skill_id: int) -> ResponseReturnValue:
    """Upload one or several files. The script sends them one by one to show progress."""
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files:
        raise Invalid.field("file", "Choose a file.")
    folder = request.form.get("folder", "").strip()
    for file in files:
        name = safe_name(file.filename or "")
        skills.attach(actor(), skill_id, file.stream, name=name, path=f"{folder}/{name}" if folder else "")
    return _shown(skill_id)


@blueprint.post("/skills/<int:skill_id>/attachments/<int:attachment_id>/delete")
def remove(skill_id: int, attachment_id: int) -> ResponseReturnValue:
    skills.edit(actor(), skill_id, {"remove_attachment_ids": [attachment_id]})
    return _shown(skill_id)


@blueprint.get("/skill-attachments/<int:attachment_id>")
def download(attachment_id: int) -> ResponseReturnValue:
    found, content = skills.download(attachment_id)
    response = attachment(content, name=found.name, content_type=found.content_type)
    response.content_length = found.size
    return response


def _shown(skill_id: int) -> ResponseReturnValue:
    if not is_htmx_request():
        return redirect_to(f"/skills/{skill_id}")
    return render_partial(
        "skills/_files.html", skill=skills.serialize(actor(), skills.get(skill_id)), may_administer=True
    )
