"""Searchable text columns: each has a second column with its folded form."""

from typing import Any

from sqlalchemy import ColumnElement, Text, func
from sqlalchemy.orm import InstrumentedAttribute, MappedColumn, mapped_column

from helix import folding

# Key in `Column.info`: computed from another column, and so not exported.
DERIVED = "derived"


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
