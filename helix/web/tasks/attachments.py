"""Files at a task: added, shown, taken away."""

from typing import BinaryIO, cast

from flask import Response, request, send_file
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.services import attachments
from helix.web.blueprint import actor, signed_in_blueprint
from helix.web.tasks.page import done
from helix.web.tasks.panel import PICTURES

blueprint = signed_in_blueprint("attachments")
BLUEPRINTS = (blueprint,)


@blueprint.post("/tasks/<int:task_id>/attachments")
def add(task_id: int) -> ResponseReturnValue:
    """One or several; those before one that is refused are kept."""
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files:
        raise Invalid.field("file", "Choose a file first.")
    for file in files:
        attachments.add(actor(), task_id, name=file.filename or "", stream=cast(BinaryIO, file.stream))
    return done(task_id)


@blueprint.get("/attachments/<int:attachment_id>")
def show(attachment_id: int) -> Response:
    """A picture is shown; all else is saved, whatever it says it is."""
    found = attachments.get(actor(), attachment_id)
    picture = found.content_type in PICTURES
    answer = send_file(
        attachments.open_content(found),
        mimetype=found.content_type if picture else "application/octet-stream",
        as_attachment=not picture,
        download_name=found.name,
        etag=False,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # Kept by the browser, and shown only after we said that it still may be: not to whoever comes after a sign-out.
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(f"{found.id}-{found.size}")
    answer.make_conditional(request)
    return answer


@blueprint.post("/attachments/<int:attachment_id>/delete")
def delete(attachment_id: int) -> ResponseReturnValue:
    task_id = attachments.get(actor(), attachment_id).task_id
    attachments.delete(actor(), attachment_id)
    return done(task_id)
