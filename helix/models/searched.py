"""Texts that are searched: each has its folded form in a column beside it."""

from typing import Any

from sqlalchemy import ColumnElement, Text, func
from sqlalchemy.orm import InstrumentedAttribute, MappedColumn, mapped_column

from helix import folding

# In `Column.info`: worked out from another column, and so in no export.
DERIVED = "derived"


def folded_column(name: str) -> MappedColumn[Any]:
    """The column beside `name`: NULL while its text is ASCII. Rows inserted without objects are filled, too."""

    def folded(context: Any) -> str | None:
        return folding.fold_unless_ascii(context.get_current_parameters().get(name)) if context else None

    return mapped_column(Text, default=folded, info={DERIVED: True})


def set_folded(row: Any, name: str, text: str) -> str:
    """For `validates`: whenever the text is set, so is its folded form."""
    setattr(row, f"{name}_folded", folding.fold_unless_ascii(text))
    return text


def search_expression(
    text: InstrumentedAttribute[str], folded: InstrumentedAttribute[str | None]
) -> ColumnElement[str]:
    """What a search compares. To the letter the expression of the indexes in the migrations."""
    return func.coalesce(folded, text)
