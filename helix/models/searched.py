"""Texts that are searched: each has its folded form in a column beside it."""

from typing import Any

from sqlalchemy import ColumnElement, Text, func
from sqlalchemy.orm import InstrumentedAttribute, MappedColumn, mapped_column

from helix import folding

# In `Column.info`: worked out from another column, and so in no export.
DERIVED = "derived"


def folded_form_of(name: str) -> MappedColumn[Any]:
    """The column beside `name`: NULL while its text is ASCII. Rows inserted without objects are filled, too."""

    def folded(context: Any) -> str | None:
        return folding.unless_plain(context.get_current_parameters().get(name)) if context else None

    return mapped_column(Text, default=folded, info={DERIVED: True})


def keep_folded(row: Any, name: str, text: str) -> str:
    """For `validates`: whenever the text is set, so is its folded form."""
    setattr(row, f"{name}_folded", folding.unless_plain(text))
    return text


def as_searched(text: InstrumentedAttribute[str], folded: InstrumentedAttribute[str | None]) -> ColumnElement[str]:
    """What a search compares. To the letter the expression of the indexes in the migrations."""
    return func.coalesce(folded, text)
