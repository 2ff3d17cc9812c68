"""Attachments of a task: upload, download, delete, and a preview of text files.

The preview shows the text that was extracted for agents, never the file itself: markdown is rendered and sanitized, CSV
becomes a table."""

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
# A file may consist of one long line.
MAX_CHARACTERS = 20_000
MARKDOWN, TABLE = "text/markdown", "text/csv"
MARKDOWN_NAMES = (".md", ".markdown")


@blueprint.post("/tasks/<int:task_id>/attachments")
def add(task_id: int) -> ResponseReturnValue:
    """Upload one or several files. Files before a refused one are kept."""
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files:
        raise Invalid.field("file", "Choose a file first.")
    for file in files:
        attachments.add(actor(), task_id, name=file.filename or "", stream=cast(BinaryIO, file.stream))
    return task_response(task_id)


@blueprint.get("/attachments/<int:attachment_id>")
def show(attachment_id: int) -> Response:
    """Serve an image inline; any other file as a download, whatever its type claims."""
    found = attachments.get(actor(), attachment_id)
    picture = found.content_type in IMAGE_TYPES
    answer = send_file(
        attachments.open_content(found),
        mimetype=found.content_type if picture else "application/octet-stream",
        as_attachment=not picture,
        download_name=found.name,
        etag=False,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # The browser must revalidate its copy, so that it is not shown after sign-out.
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
    """The cells of a CSV text, or an empty list when it is no table: the text is shown instead."""
    try:
        dialect = csv.Sniffer().sniff(text[:4000], delimiters=",;\t|")
        return [row[:MAX_COLUMNS] for row in islice(csv.reader(text.splitlines(), dialect), MAX_LINES)]
    except csv.Error:
        return []
