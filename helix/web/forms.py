"""HTML forms: reading and parsing posted fields, and turning errors into one message per field."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from flask import request
from pydantic import ValidationError

from helix.errors import HelixError, Invalid
from helix.schemas.problems import problems
from helix.text import cleaning

E = TypeVar("E", bound=StrEnum)
# Messages that replace pydantic's, by error type.
MESSAGES = {
    "missing": "Fill this in.",
    "string_too_short": "Fill this in.",
    "int_parsing": "Choose an option from the list.",
    "greater_than_equal": "Choose an option from the list.",
    "less_than_equal": "Choose an option from the list.",
    "enum": "Choose an option from the list.",
    "date_from_datetime_parsing": "Enter a date such as 2026-12-03.",
    "datetime_from_date_parsing": "Enter a date such as 2026-12-03.",
}

FieldErrors = dict[str, str]
# Errors after which a form is rendered again with what was typed.
FORM_ERRORS = (ValidationError, HelixError)


def posted_fields(*names: str) -> dict[str, str]:
    """The posted values of these fields, with line ends normalized to "\\n"."""
    return {name: request.form.get(name, "").replace("\r\n", "\n") for name in names}


def changed_fields(
    fields: Mapping[str, Any], shown: Mapping[str, Any], *, texts: Collection[str] = ()
) -> dict[str, Any]:
    """The fields whose value differs from what the form `shown` to the user.

    A form displays many values with less precision than they are stored (the day of a timestamp, a list with commas).
    Fields that come back unchanged are left out, so that they are not overwritten. `texts` are the multi-line fields.
    """
    return {
        name: value
        for name, value in fields.items()
        if name not in shown or _as_sent(value, name in texts) != _as_sent(shown[name], name in texts)
    }


def _as_sent(value: Any, is_text: bool) -> Any:
    """The value as a browser would send it."""
    if isinstance(value, list):
        return sorted(value)
    if not isinstance(value, str):
        return value
    plain = cleaning.plain_line_ends(value).replace("\x00", "")
    return plain if is_text else one_line(plain).strip()


def one_line(text: str) -> str:
    """Replace line breaks by spaces. A browser drops them in a one-line field, which would join the words."""
    return " ".join(text.splitlines())


def empty_to_none(fields: Mapping[str, str], *, nullable: Collection[str] = ()) -> dict[str, str | None]:
    """The fields, with empty values of the `nullable` ones replaced by None."""
    return {name: None if name in nullable and not text.strip() else text for name, text in fields.items()}


def error_messages(
    error: ValidationError | HelixError, *, words: Mapping[str, str] | None = None, otherwise: str = ""
) -> FieldErrors:
    """Map field to message. `words` replaces pydantic's messages; errors without a field go to the field `otherwise`.

    Raises the error again when it is not about the input (for example NotFound or Forbidden).
    """
    if isinstance(error, Invalid):
        return field_errors(error)
    if isinstance(error, HelixError):
        if error.status not in (400, 409, 413, 415):
            raise error
        return {otherwise: error.message}
    return {name: (words or {}).get(name, sentence) for name, sentence in field_errors(error).items()}


def money_value(amount: Decimal | float | str | None) -> str:
    """The amount as the value of an input: no exponent, no trailing zeros."""
    if amount is None or amount == "":
        return ""
    text = amount if isinstance(amount, str) else f"{amount:.9f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def field_errors(error: ValidationError | Invalid) -> dict[str, str]:
    """Map field to its first message."""
    found_wrong = error.problems if isinstance(error, Invalid) else problems(error)
    found: dict[str, str] = {}
    for problem in found_wrong:
        name = str(problem["loc"][0]) if problem["loc"] else ""
        found.setdefault(name, MESSAGES.get(problem["type"]) or problem["msg"])
    return found


def number(text: str) -> int | float | str:
    """The number in `text`; the text itself if it is none, so that the check of the value says so."""
    try:
        return int(text) if text.strip().lstrip("-").isdecimal() and len(text) < 16 else float(text)
    except ValueError:
        return text


def split_tags(text: str) -> list[str]:
    """Split comma-separated tags and strip "#"."""
    return [word.strip().removeprefix("#") for word in text.split(",") if word.strip().removeprefix("#")]


def is_id(text: str) -> bool:
    """Whether the text is a number that fits a database integer."""
    return text.isascii() and text.isdigit() and len(text) < 16


def int_or_none(values: Mapping[str, str], name: str) -> int | None:
    """The value as an integer, or None when it is missing or not a number."""
    text = values.get(name, "")
    return int(text) if is_id(text) else None


def parse_id(text: str, field: str) -> int | None:
    """The id in `text`, or None when it is empty. Raises Invalid for anything else."""
    if not text:
        return None
    if not is_id(text):
        raise Invalid.field(field, "Choose an option from the list.")
    return int(text)


def search_text(values: Mapping[str, str], name: str, most: int = 200) -> str:
    """A search text of at most `most` characters, without unprintable characters."""
    return "".join(letter for letter in values.get(name, "")[:most] if letter.isprintable()).strip()


def posted_text(name: str) -> str:
    """The posted text, with line ends normalized and without NUL, which PostgreSQL cannot store."""
    return request.form.get(name, "").replace("\r\n", "\n").replace("\x00", "")


def parse_choice(vocabulary: type[E], field: str, text: str) -> E:
    try:
        return vocabulary(text)
    except ValueError:
        raise Invalid.field(field, "Choose an option from the list.") from None
