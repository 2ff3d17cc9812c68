"""Optimistic locking for forms: a hidden fingerprint of the displayed values detects concurrent edits."""

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


def fingerprint(fields: Fields) -> str:
    """A short hash of the values that a form shows, for a hidden field."""
    return hashlib.sha256(json.dumps(fields, sort_keys=True, default=str).encode()).hexdigest()[:24]


def if_unmodified(fields_of: Callable[[Any], Fields]) -> IsUnchanged | None:
    """A check that the locked row still has the values that the form showed. None for a form without a fingerprint."""
    seen = request.form.get(FIELD)
    return (lambda row: fingerprint(fields_of(row)) == seen) if seen else None


def conflict_context(
    noun: str, labels: Mapping[str, str], theirs: Fields, yours: Fields, *, text: str = "", back: str
) -> dict[str, Any]:
    """The context of templates/edit_conflict.html: the fields that differ, and a line diff of the long field `text`."""
    pairs = [
        {"label": label, "theirs": theirs[name], "yours": yours[name]}
        for name, label in labels.items()
        if name in theirs and theirs[name] != yours[name]
    ]
    lines = diff.lines(theirs[text], yours[text], context=CONTEXT_LINES) if text else []
    changed = any(line.kind != "same" and line.kind != "skipped" for line in lines)
    return {"noun": noun, "pairs": pairs, "lines": lines if changed else [], "back": back}
