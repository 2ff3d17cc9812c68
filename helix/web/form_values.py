"""Filling in a form: what was typed becomes values; what is wrong comes back as a sentence beside its field."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from flask import Response, request
from pydantic import ValidationError

from helix.errors import HelixError, Invalid
from helix.text import cleaning
from helix.web.forms import field_errors

Problems = dict[str, str]
# What a form can be refused for, and shown again with what was typed.
REFUSALS = (ValidationError, HelixError)


def typed(*names: str) -> dict[str, str]:
    """What was typed into the fields, with the line ends of a browser made plain."""
    return {name: request.form.get(name, "").replace("\r\n", "\n") for name in names}


def changed(fields: Mapping[str, Any], shown: Mapping[str, Any], *, texts: Collection[str] = ()) -> dict[str, Any]:
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
    plain = cleaning.plain_line_ends(value).replace("\x00", "")
    return plain if is_text else one_line(plain).strip()


def one_line(text: str) -> str:
    """For a field of one line: a browser would leave the line breaks out, and glue the words together."""
    return " ".join(text.splitlines())


def values(fields: Mapping[str, str], *, nullable: Collection[str] = ()) -> dict[str, str | None]:
    """Empty fields are None where that means something."""
    return {name: None if name in nullable and not text.strip() else text for name, text in fields.items()}


def problems(
    error: ValidationError | HelixError, *, words: Mapping[str, str] | None = None, otherwise: str = ""
) -> Problems:
    """Field to sentence. `words` has better ones for what pydantic finds; a refusal of no field goes to `otherwise`."""
    if isinstance(error, Invalid):
        return field_errors(error)
    if isinstance(error, HelixError):
        if error.status not in (400, 409, 413, 415):
            raise error
        return {otherwise: error.message}
    return {name: (words or {}).get(name, sentence) for name, sentence in field_errors(error).items()}


def money(amount: Decimal | float | str | None) -> str:
    """An amount as it stands in a field: without an exponent, and without needless noughts."""
    if amount is None or amount == "":
        return ""
    text = amount if isinstance(amount, str) else f"{amount:.9f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_more(answer: Response, *more: str) -> Response:
    """An answer with further parts behind it: toasts, and what else of the page changed."""
    answer.set_data(answer.get_data(as_text=True) + "".join(more))
    return answer
