"""Rows that must exist: NotFound otherwise."""

from typing import TypeVar

from helix.errors import NotFound
from helix.extensions import Model, db

Row = TypeVar("Row", bound=Model)


def get_required(table: type[Row], row_id: int, noun: str) -> Row:
    """The row with this id, without a permission check. Raises NotFound with the noun."""
    return required(db.session.get(table, row_id), noun)


def required(row: Row | None, noun: str) -> Row:
    """The row that was looked up. Raises NotFound with the noun when there is none."""
    if row is None:
        raise NotFound(f"There is no such {noun}.")
    return row
