"""From what a form sends to values, and from what is wrong to words beside the field."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from flask import request
from pydantic import ValidationError

from helix.errors import Invalid
from helix.schemas.problems import problems

E = TypeVar("E", bound=StrEnum)
# What pydantic says, in the words of a form.
MESSAGES = {
    "missing": "Fill this in.",
    "string_too_short": "Fill this in.",
    "int_parsing": "Choose one of the list.",
    "greater_than_equal": "Choose one of the list.",
    "less_than_equal": "Choose one of the list.",
    "enum": "Choose one of the list.",
    "date_from_datetime_parsing": "Write a date such as 2026-12-03.",
    "datetime_from_date_parsing": "Write a date such as 2026-12-03.",
}


def field_errors(error: ValidationError | Invalid) -> dict[str, str]:
    """Field to sentence; of several about one field, the first."""
    found_wrong = error.problems if isinstance(error, Invalid) else problems(error)
    found: dict[str, str] = {}
    for problem in found_wrong:
        name = str(problem["loc"][0]) if problem["loc"] else ""
        found.setdefault(name, MESSAGES.get(problem["type"]) or problem["msg"])
    return found


def split_tags(text: str) -> list[str]:
    """Tags with commas between them."""
    return [word.strip().removeprefix("#") for word in text.split(",") if word.strip().removeprefix("#")]


def is_id(text: str) -> bool:
    """Whether it is a number that a database can keep."""
    return text.isascii() and text.isdigit() and len(text) < 16


def int_or_none(values: Mapping[str, str], name: str) -> int | None:
    """An id or a place out of an address or a form; what is none is left out."""
    text = values.get(name, "")
    return int(text) if is_id(text) else None


def parse_id(text: str, field: str) -> int | None:
    """A number or nothing."""
    if not text:
        return None
    if not is_id(text):
        raise Invalid.field(field, "Choose one of the list.")
    return int(text)


def search_text(values: Mapping[str, str], name: str, most: int = 200) -> str:
    """Words to look for, without what a database cannot keep."""
    return "".join(letter for letter in values.get(name, "")[:most] if letter.isprintable()).strip()


def posted_text(name: str) -> str:
    """A text that somebody wrote into a form: its line ends made plain, without what a database cannot keep."""
    return request.form.get(name, "").replace("\r\n", "\n").replace("\x00", "")


def parse_choice(vocabulary: type[E], field: str, text: str) -> E:
    try:
        return vocabulary(text)
    except ValueError:
        raise Invalid.field(field, "Choose one of the list.") from None
