"""What all shapes share."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from helix.errors import Invalid
from helix.text.cleaning import clean, is_blank

# What fits a 64-bit id on both databases; anything larger is unknown, not a crash.
MAX_ID = 2**53

IdNumber = Annotated[int, Field(ge=1, le=MAX_ID)]


def _storable(text: str) -> str:
    """No NUL: PostgreSQL cannot keep one. No lone surrogates: UTF-8 cannot either."""
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode text") from None
    return text


def _one_line(text: str) -> str:
    """Composed, so that it is found however it is typed; without controls, and without what reverses the text around
    it wherever it is shown."""
    return unicodedata.normalize("NFC", _DIRECTIONS.sub("", clean(_storable(text)))).strip()


def _visible(text: str) -> str:
    if is_blank(text):
        raise ValueError("write something that can be seen")
    return text


# Embeddings, overrides and isolates of Unicode's bidirectional algorithm; the marks that only hint (LRM, RLM) stay.
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")

Text = Annotated[str, AfterValidator(_storable)]
Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_one_line)]
NotBlank = AfterValidator(_visible)


def matching(pattern: str, sentence: str) -> tuple[Any, Any]:
    """For `Annotated[Line, *matching(...)]`: the pattern stands in the document, the sentence in the refusal."""
    expression = re.compile(pattern)

    def check(text: str) -> str:
        if not expression.fullmatch(text):
            raise ValueError(sentence)
        return text

    return Field(json_schema_extra={"pattern": f"^{pattern}$"}), AfterValidator(check)


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}", re.ASCII)
# The same in the basic format of ISO 8601, 20260320T170000Z, which pydantic does not read.
_BASIC_TIME = re.compile(r"\d{8}[T ]\d{2}.*", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}\D.*", re.ASCII)


def day_or_time(value: Any) -> Any:
    """A plain day stays one: pydantic would make midnight of it. Numbers, whether or not they come as text, are not
    taken for seconds since 1970: eight digits are a day of the calendar."""
    if isinstance(value, str):
        value = value.strip()
        if _DAY.fullmatch(value):
            return date.fromisoformat(value)
        if _BASIC_TIME.fullmatch(value):
            return datetime.fromisoformat(value)
    if isinstance(value, date) or (isinstance(value, str) and _TIME.fullmatch(value)):
        return value
    raise ValueError("write a time such as 2026-03-20T17:00:00Z, or a day such as 2026-03-20")


def within_supported_years(value: date) -> date:
    """Away from the ends of the calendar, beyond which no zone can be reckoned with."""
    if not 1900 <= value.year <= 9000:
        raise ValueError("must be a year from 1900 to 9000")
    return value


# A time, or a plain day that the organization's zone gives its end.
Moment = Annotated[datetime | date, BeforeValidator(day_or_time), AfterValidator(within_supported_years)]


# USD, kept to nine decimal places.
Usd = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
SortOrder = Annotated[int, Field(ge=0, le=1_000_000)]


class Schema(BaseModel):
    """What goes in or comes out. Its schema is made once: flask-openapi3 asks for it at every route, and of a query
    at every request."""

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        return _schema(cls, *args, **kwargs)


@cache
def _schema(shape: type[Schema], *args: Any, **kwargs: Any) -> dict[str, Any]:
    return super(Schema, shape).model_json_schema(*args, **kwargs)


class In(Schema):
    """A body. Unknown fields are refused, never dropped in silence."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    def sent(self) -> dict[str, Any]:
        """The fields that were sent: missing is not null."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Patch(In):
    """A body that changes only what it names. `nullable` are the fields for which null means something."""

    nullable: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _missing_is_empty(cls, body: Any) -> Any:
        """A request without a body names nothing. (A body that says `null` is refused before.)"""
        return {} if body is None else body

    def changes(self) -> dict[str, Any]:
        """The fields that were sent. Raises Invalid for a null that means nothing."""
        sent = self.sent()
        for name, value in sent.items():
            if value is None and name not in self.nullable:
                raise Invalid.field(name, "This cannot be null. Leave it out to keep it as it is.")
        return sent


class Query(Schema):
    """The part of an address behind the question mark. Unknown names are ignored."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


class MoveTo(Query):
    """For deleting what holds other things."""

    move_to: IdNumber | None = None
    """Where they go."""


class Out(Schema):
    """An answer, for the document and for the tests that hold answers against it."""

    model_config = ConfigDict(use_attribute_docstrings=True)


# So many rows fit on one page of a list.
MAX_PAGE_SIZE = 200


class Paging(Query):
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    per_page: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] | None = None
    """1 to 200. Without it, everything up to 1,000 rows."""


class PagedQuery(Query):
    """For the three lists with an envelope."""

    page: Annotated[int, Field(ge=1, le=10_000)] = 1
    per_page: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = 20
    cursor: Annotated[str, *matching(r"[0-9]{1,15}", "Send the `cursor` of an earlier page as it was.")] | None = None
    """The `cursor` of an earlier page: goes on from where that one ended, and `page` does not count then."""


class PagedOut(Out):
    """The envelope of a long list; `items` is added by those that use it."""

    total: int
    """Exact up to 10,000, where counting stops."""
    total_is_exact: bool
    page: int
    per_page: int
    pages: int
    cursor: str | None
    """Send it as `cursor` for what follows; null on the last page."""


class Problem(Out):
    loc: list[str | int]
    msg: str
    type: str


class Error(Out):
    """Every failure: a sentence that a person can act on."""

    detail: str


class ValidationProblem(Out):
    """A value fails a check: which, and why."""

    detail: list[Problem]
