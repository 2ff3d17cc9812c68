"""What all schemas share."""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from helix.errors import Invalid
from helix.text.cleaning import clean, is_blank

# Larger ids are refused as invalid instead of overflowing the database's integer.
MAX_ID = 2**53

IdNumber = Annotated[int, Field(ge=1, le=MAX_ID)]
# Embeddings, overrides and isolates of Unicode's bidirectional algorithm; the marks that only hint (LRM, RLM) stay.
_BIDI_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}", re.ASCII)
# ISO 8601 basic format, 20260320T170000Z, which pydantic does not parse.
_BASIC_TIME = re.compile(r"\d{8}[T ]\d{2}.*", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}\D.*", re.ASCII)
# The maximum number of rows on one page of a list.
MAX_PAGE_SIZE = 200


def _storable(text: str) -> str:
    """Refuse NUL, which PostgreSQL cannot store, and lone surrogates, which UTF-8 cannot encode."""
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("must be valid Unicode text") from None
    return text


def _one_line(text: str) -> str:
    """Normalize to NFC, and remove control characters and bidirectional overrides, which would reverse surrounding
    text."""
    return unicodedata.normalize("NFC", _BIDI_CONTROLS.sub("", clean(_storable(text)))).strip()


def _not_blank(text: str) -> str:
    if is_blank(text):
        raise ValueError("enter some visible text")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_one_line)]
NotBlank = AfterValidator(_not_blank)


def matching(pattern: str, sentence: str) -> tuple[Any, Any]:
    """For `Annotated[Line, *matching(...)]`: `pattern` is for the OpenAPI document, `sentence` the error message."""
    expression = re.compile(pattern)

    def check(text: str) -> str:
        if not expression.fullmatch(text):
            raise ValueError(sentence)
        return text

    return Field(json_schema_extra={"pattern": f"^{pattern}$"}), AfterValidator(check)


def day_or_time(value: Any) -> Any:
    """Keep a date a date, which pydantic would convert to midnight. Numbers are not Unix timestamps: eight digits are a
    calendar date."""
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
    """Refuse years near the limits of datetime, where time zone arithmetic overflows."""
    if not 1900 <= value.year <= 9000:
        raise ValueError("must be a year from 1900 to 9000")
    return value


# A time, or a date, which means the end of that day in the organization's time zone.
Moment = Annotated[datetime | date, BeforeValidator(day_or_time), AfterValidator(within_supported_years)]


# USD, kept to nine decimal places.
Usd = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
SortOrder = Annotated[int, Field(ge=0, le=1_000_000)]


class Schema(BaseModel):
    """A base model that caches its JSON schema: flask-openapi3 asks for it for every route, and for queries at every
    request."""

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        return _schema(cls, *args, **kwargs)


@cache
def _schema(shape: type[Schema], *args: Any, **kwargs: Any) -> dict[str, Any]:
    return super(Schema, shape).model_json_schema(*args, **kwargs)


class In(Schema):
    """A request body. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    def sent(self) -> dict[str, Any]:
        """The fields that were sent, including nulls."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Patch(In):
    """A request body that changes only the fields sent. `nullable` are the fields that may be null."""

    nullable: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _missing_is_empty(cls, body: Any) -> Any:
        """Treat a request without a body as an empty patch. (The body `null` is refused earlier.)"""
        return {} if body is None else body

    def changes(self) -> dict[str, Any]:
        """The fields that were sent. Raises Invalid for a null in a field that is not nullable."""
        sent = self.sent()
        for name, value in sent.items():
            if value is None and name not in self.nullable:
                raise Invalid.field(name, "This cannot be null. Leave it out to keep it as it is.")
        return sent


class Query(Schema):
    """Query parameters. Unknown names are ignored."""

    model_config = ConfigDict(extra="ignore", use_attribute_docstrings=True)


class MoveTo(Query):
    """For deleting something that contains other things."""

    move_to: IdNumber | None = None
    """Where they are moved."""


class Out(Schema):
    """A response, for the OpenAPI document and for tests that validate responses."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Paging(Query):
    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    per_page: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] | None = None
    """1 to 200. Without it, everything up to 1,000 rows."""


class PagedQuery(Query):
    """For lists with an envelope (PagedOut)."""

    page: Annotated[int, Field(ge=1, le=10_000)] = 1
    per_page: Annotated[int, Field(ge=1, le=MAX_PAGE_SIZE)] = 20
    cursor: Annotated[str, *matching(r"[0-9]{1,15}", "Send the `cursor` of an earlier page as it was.")] | None = None
    """The `cursor` of an earlier page: continue after it. `page` is ignored then."""


class PagedOut(Out):
    """The envelope of a long list; subclasses add `items`."""

    total: int
    """Exact up to 10,000, where counting stops."""
    total_is_exact: bool
    page: int
    per_page: int
    pages: int
    cursor: str | None
    """Send it as `cursor` to get the next page; null on the last page."""


class Problem(Out):
    loc: list[str | int]
    msg: str
    type: str


class Error(Out):
    """An error: a sentence that says what to do."""

    detail: str


class ValidationProblem(Out):
    """Values that failed validation."""

    detail: list[Problem]


@cache
def zone_names() -> frozenset[str]:
    """Every IANA zone of this machine, without two pseudo-zones."""
    return frozenset(available_timezones()) - {"Factory", "localtime"}


def _validate_zone_name(name: str) -> str:
    if name not in zone_names():
        raise ValueError("must be a time zone from the list, such as Asia/Kuala_Lumpur or UTC")
    return name


Zone = Annotated[Line, Field(max_length=64), AfterValidator(_validate_zone_name)]
