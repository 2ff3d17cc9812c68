"""From what a form sends to values, and from what is wrong to words beside the field."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from flask import request
from pydantic import ValidationError

from helix.errors import HelixError, Invalid
from helix.schemas.problems import problems
from helix.text import line_ends

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

FieldErrors = dict[str, str]
# What a form can be refused for, and shown again with what was typed.
FORM_ERRORS = (ValidationError, HelixError)


def posted_fields(*names: str) -> dict[str, str]:
    """What was typed into the fields, with the line ends of a browser made plain."""
    return {name: request.form.get(name, "").replace("\r\n", "\n") for name in names}


def changed_fields(
    fields: Mapping[str, Any], shown: Mapping[str, Any], *, texts: Collection[str] = ()
) -> dict[str, Any]:
    """The fields that were really changed: those that say something else than the form `shown`.

    A form shows many values in another precision, zone or spelling than they are kept (the day of a moment, a list
    with commas, line ends). What comes back as it was shown stays as it is kept, instead of being read from the form.
    `texts` are the fields of several lines.
    """
    return {
        name: value
        for name, value in fields.items()
        if name not in shown or _as_sent(value, name in texts) != _as_sent(shown[name], name in texts)
    }


def _as_sent(value: Any, is_text: bool) -> Any:
    """A value as a browser sends it."""
    if isinstance(value, list):
        return sorted(value)
    if not isinstance(value, str):
        return value
    plain = line_ends.plain(value).replace("\x00", "")
    return plain if is_text else one_line(plain).strip()


def one_line(text: str) -> str:
    """For a field of one line: a browser would leave the line breaks out, and glue the words together."""
    return " ".join(text.splitlines())


def empty_to_none(fields: Mapping[str, str], *, nullable: Collection[str] = ()) -> dict[str, str | None]:
    """Empty fields are None where that means something."""
    return {name: None if name in nullable and not text.strip() else text for name, text in fields.items()}


def error_messages(
    error: ValidationError | HelixError, *, words: Mapping[str, str] | None = None, otherwise: str = ""
) -> FieldErrors:
    """Field to sentence. `words` has better ones for what pydantic finds; a refusal of no field goes to `otherwise`."""
    if isinstance(error, Invalid):
        return field_errors(error)
    if isinstance(error, HelixError):
        if error.status not in (400, 409, 413, 415):
            raise error
        return {otherwise: error.message}
    return {name: (words or {}).get(name, sentence) for name, sentence in field_errors(error).items()}


def money_value(amount: Decimal | float | str | None) -> str:
    """An amount as it stands in a field: without an exponent, and without needless noughts."""
    if amount is None or amount == "":
        return ""
    text = amount if isinstance(amount, str) else f"{amount:.9f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


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
