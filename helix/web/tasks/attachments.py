"""Files at a task: added, shown, taken away."""

import csv
from itertools import islice
from typing import Any, BinaryIO, cast

from flask import Response, request, send_file
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models import TaskAttachment
from helix.services import attachments
from helix.web.blueprint import actor, render_partial, signed_in_blueprint
from helix.web.formatted import html
from helix.web.tasks.page import task_response
from helix.web.tasks.panel import IMAGE_TYPES

blueprint = signed_in_blueprint("attachments")
BLUEPRINTS = (blueprint,)
MAX_LINES = 100
MAX_COLUMNS = 30
# A line may be a whole file.
MAX_CHARACTERS = 20_000
MARKDOWN, TABLE = "text/markdown", "text/csv"
MARKDOWN_NAMES = (".md", ".markdown")


@blueprint.post("/tasks/<int:task_id>/attachments")
def add(task_id: int) -> ResponseReturnValue:
    """One or several; those before one that is refused are kept."""
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files:
        raise Invalid.field("file", "Choose a file first.")
    for file in files:
        attachments.add(actor(), task_id, name=file.filename or "", stream=cast(BinaryIO, file.stream))
    return task_response(task_id)


@blueprint.get("/attachments/<int:attachment_id>")
def show(attachment_id: int) -> Response:
    """A picture is shown; all else is saved, whatever it says it is."""
    found = attachments.get(actor(), attachment_id)
    picture = found.content_type in IMAGE_TYPES
    answer = send_file(
        attachments.content(found),
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
    return task_response(task_id)


@blueprint.get("/attachments/<int:attachment_id>/preview")
def preview(attachment_id: int) -> ResponseReturnValue:
    found = attachments.get(actor(), attachment_id)
    return render_partial("tasks/_preview.html", file=found, **_beginning(found))


def _beginning(found: TaskAttachment) -> dict[str, Any]:
    whole = found.extracted_text or ""
    lines = whole.splitlines()
    text = "\n".join(lines[:MAX_LINES])[:MAX_CHARACTERS]
    shown: dict[str, Any] = {"text": text, "cut": len(lines) > MAX_LINES or len(text) < len("\n".join(lines))}
    if found.content_type == TABLE:
        shown["rows"] = _rows(text)
    elif found.content_type == MARKDOWN or found.name.lower().endswith(MARKDOWN_NAMES):
        shown["rendered"] = html(text)
    return shown


def _rows(text: str) -> list[list[str]]:
    """Nothing where it is no table after all: it is shown as text then."""
    try:
        dialect = csv.Sniffer().sniff(text[:4000], delimiters=",;\t|")
        return [row[:MAX_COLUMNS] for row in islice(csv.reader(text.splitlines(), dialect), MAX_LINES)]
    except csv.Error:
        return []
