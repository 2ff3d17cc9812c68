"""Pydantic's validation errors as sentences for people, without regular expressions or `items` of text."""

from typing import Any

from pydantic import ValidationError

_TOO_LONG = {"too_long", "string_too_long", "bytes_too_long"}
_TOO_SHORT = {"too_short", "string_too_short", "bytes_too_short"}


def problems(error: ValidationError) -> list[dict[str, Any]]:
    """The API's `[{"loc", "msg", "type"}]`, without the values that were sent."""
    return [_problem(detail) for detail in error.errors(include_url=False)]


def _problem(detail: Any) -> dict[str, Any]:
    kind, message, value = detail["type"], detail["msg"], detail.get("input")
    if kind in _TOO_LONG | _TOO_SHORT:
        kind, message = _length(kind, value, detail.get("ctx", {}))
    elif kind == "string_pattern_mismatch":
        message = "This does not have the required format. See the documentation of this field."
    elif kind == "value_error":
        message = _sentence(str(detail["ctx"]["error"]))
    return {"type": kind, "loc": detail["loc"], "msg": message}


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
