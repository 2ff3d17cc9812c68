"""From what a form sends to values, and from what is wrong to words beside the field."""

from enum import StrEnum
from typing import TypeVar

from pydantic import ValidationError

from helix.errors import Invalid

E = TypeVar("E", bound=StrEnum)
# What pydantic says, in the words of a form.
WORDS = {
    "missing": "Fill this in.",
    "string_too_short": "Fill this in.",
    "string_too_long": "This is too long.",
    "int_parsing": "Choose one of the list.",
    "greater_than_equal": "Choose one of the list.",
    "less_than_equal": "Choose one of the list.",
    "enum": "Choose one of the list.",
    "date_from_datetime_parsing": "Write a date such as 2026-12-03.",
    "datetime_from_date_parsing": "Write a date such as 2026-12-03.",
    "too_long": "These are too many.",
}


def field_errors(error: ValidationError | Invalid) -> dict[str, str]:
    """Field to sentence; of several about one field, the first."""
    problems = error.problems if isinstance(error, Invalid) else error.errors(include_url=False, include_context=False)
    found: dict[str, str] = {}
    for problem in problems:
        name = str(problem["loc"][0]) if problem["loc"] else ""
        found.setdefault(name, WORDS.get(problem["type"], problem["msg"].removeprefix("Value error, ")))
    return found


def words_of(text: str) -> list[str]:
    """Tags with commas between them."""
    return [word.strip().removeprefix("#") for word in text.split(",") if word.strip().removeprefix("#")]


def ids(text: str, field: str) -> int | None:
    """A number or nothing."""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Invalid.field(field, "Choose one of the list.")
    return int(text)


def chosen(vocabulary: type[E], field: str, text: str) -> E:
    try:
        return vocabulary(text)
    except ValueError:
        raise Invalid.field(field, "Choose one of the list.") from None
