"""A form carries a mark of what it showed: a save over somebody else's is noticed, and nothing is lost."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from flask import request

from helix.services.conflicts import IsUnchanged
from helix.text import diff

FIELD = "seen"
CONTEXT_LINES = 3
Fields = Mapping[str, Any]


def mark(fields: Fields) -> str:
    """Of the values that a form holds. Short, since it travels in a hidden field."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True, default=str).encode()).hexdigest()[:24]


def still(fields_of: Callable[[Any], Fields]) -> IsUnchanged | None:
    """Whether a locked row still holds what the form that was sent had shown. None for a form without a mark."""
    seen = request.form.get(FIELD)
    return (lambda row: mark(fields_of(row)) == seen) if seen else None


def meanwhile(
    noun: str, labels: Mapping[str, str], theirs: Fields, yours: Fields, *, text: str = "", back: str
) -> dict[str, Any]:
    """The context of templates/meanwhile.html: the fields that differ, and the long `text` line by line."""
    pairs = [
        {"label": label, "theirs": theirs[name], "yours": yours[name]}
        for name, label in labels.items()
        if name in theirs and theirs[name] != yours[name]
    ]
    lines = diff.lines(theirs[text], yours[text], context=CONTEXT_LINES) if text else []
    changed = any(line.kind != "same" and line.kind != "skipped" for line in lines)
    return {"noun": noun, "pairs": pairs, "lines": lines if changed else [], "back": back}
