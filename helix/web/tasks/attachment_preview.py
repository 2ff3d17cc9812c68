"""The beginning of a file at a task, read on the server: text as it is, markdown rendered and cleaned, CSV as a table.

The file itself is never shown by the browser: what is seen is the text that was read for agents, written anew.
"""

import csv
from itertools import islice
from typing import Any

from flask.typing import ResponseReturnValue

from helix.models import TaskAttachment
from helix.services import attachments
from helix.web.blueprint import actor, render_partial, signed_in_blueprint
from helix.web.formatted import html

blueprint = signed_in_blueprint("attachment_preview")
BLUEPRINTS = (blueprint,)
MAX_LINES = 100
MAX_COLUMNS = 30
# A line may be a whole file.
MAX_CHARACTERS = 20_000
MARKDOWN, TABLE = "text/markdown", "text/csv"
MARKDOWN_NAMES = (".md", ".markdown")


@blueprint.get("/attachments/<int:attachment_id>/preview")
def show(attachment_id: int) -> ResponseReturnValue:
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
