"""Column types that behave the same on SQLite and PostgreSQL, and searchable text columns."""

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, DateTime, Integer, String, Text, func
from sqlalchemy.orm import InstrumentedAttribute, MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator

from helix import folding

# SQLite auto-increments only a column of the exact type INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")

# Compared byte by byte (collation C): fractional indexes do not sort correctly in a locale's order.
Rank = String(80).with_variant(String(80, collation="C"), "postgresql")

NANOS_PER_USD = Decimal(1_000_000_000)
# Key in `Column.info`: computed from another column, and so not exported.
DERIVED = "derived"


class UtcDateTime(TypeDecorator[datetime]):
    """A time-zone-aware datetime in UTC. SQLite has no time zones and stores naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone reached the database.")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None or value.tzinfo is UTC:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def result_processor(self, dialect: Any, coltype: object) -> Any:
        """PostgreSQL's driver returns aware UTC times, by each connection's time zone (helix/db/engine.py)."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)


class Money(TypeDecorator[Decimal]):
    """USD stored as an integer of nano-dollars, so that sums are exact on both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Any) -> int | None:
        if value is None:
            return None
        return int((Decimal(value) * NANOS_PER_USD).to_integral_value(ROUND_HALF_EVEN))

    def process_result_value(self, value: Any, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)) / NANOS_PER_USD


class EnumText(TypeDecorator[Any]):
    """A StrEnum stored as text."""

    impl = String
    cache_ok = True

    def __init__(self, vocabulary: type[StrEnum], length: int) -> None:
        super().__init__(length)
        self.vocabulary = vocabulary

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else str(self.vocabulary(value))

    def process_result_value(self, value: str | None, dialect: Any) -> StrEnum | None:
        return None if value is None else self.vocabulary(value)

    def result_processor(self, dialect: Any, coltype: object) -> Any:
        """A dictionary lookup, faster than calling the enum: a board page reads a thousand values."""
        return EnumByValue(self.vocabulary).__getitem__


class EnumByValue(dict[str | None, StrEnum | None]):
    """The members of an enum by their values, with None for NULL."""

    def __init__(self, vocabulary: type[StrEnum]) -> None:
        super().__init__({str(member): member for member in vocabulary})
        self[None] = None
        self.vocabulary = vocabulary

    def __missing__(self, word: str | None) -> StrEnum:
        return self.vocabulary(word)


def folded_column(name: str) -> MappedColumn[Any]:
    """The folded column of `name`: NULL while its text is ASCII. Also filled by inserts without ORM objects."""

    def folded(context: Any) -> str | None:
        return folding.fold_unless_ascii(context.get_current_parameters().get(name)) if context else None

    return mapped_column(Text, default=folded, info={DERIVED: True})


def set_folded(row: Any, name: str, text: str) -> str:
    """For `@validates`: set the folded form whenever the text is set."""
    setattr(row, f"{name}_folded", folding.fold_unless_ascii(text))
    return text


def search_expression(
    text: InstrumentedAttribute[str], folded: InstrumentedAttribute[str | None]
) -> ColumnElement[str]:
    """The expression to search in. Must be exactly the expression of the indexes in the migrations."""
    return func.coalesce(folded, text)
