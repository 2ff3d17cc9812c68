"""Pydantic's validation errors as sentences for people, without regular expressions or `items` of text."""

from typing import Any

from pydantic import ValidationError

_TOO_LONG = {"too_long", "string_too_long", "bytes_too_long"}
_TOO_SHORT = {"too_short", "string_too_short", "bytes_too_short"}


def problems(error: ValidationError) -> list[dict[str, Any]]:
    """The API's `[{"loc", "msg", "type"}]`, without the values that were sent."""
    return [_said(found) for found in error.errors(include_url=False)]


def _said(found: Any) -> dict[str, Any]:
    kind, said, value = found["type"], found["msg"], found.get("input")
    if kind in _TOO_LONG | _TOO_SHORT:
        kind, said = _length(kind, value, found.get("ctx", {}))
    elif kind == "string_pattern_mismatch":
        said = "This does not have the required format. See the documentation of this field."
    elif kind == "value_error":
        said = _sentence(str(found["ctx"]["error"]))
    return {"type": kind, "loc": found["loc"], "msg": said}


def _length(kind: str, value: Any, limits: dict[str, Any]) -> tuple[str, str]:
    """The error type and message of a length error: pydantic counts `items` also in texts and bytes."""
    is_long = kind in _TOO_LONG
    limit = limits.get("max_length" if is_long else "min_length", 0)
    actual = limits.get("actual_length")
    if isinstance(value, str | bytes):
        kind = f"{'bytes' if isinstance(value, bytes) else 'string'}_{'too_long' if is_long else 'too_short'}"
        noun = "byte" if isinstance(value, bytes) else "character"
        actual = len(value) if actual is None else actual
    else:
        noun = "value"
    words = f"{'at most' if is_long else 'at least'} {limit:,} {noun}{'' if limit == 1 else 's'}"
    return kind, f"Give {words}." if actual is None else f"Give {words}, not {actual:,}."


def _sentence(words: str) -> str:
    words = words[:1].upper() + words[1:]
    return words if words.endswith((".", "!", "?")) else f"{words}."
