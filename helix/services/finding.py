"""A row by its id, where everybody who comes this far may have it."""

from typing import TypeVar

from helix.errors import NotFound
from helix.extensions import Model, db

Row = TypeVar("Row", bound=Model)


def one(table: type[Row], row_id: int, noun: str, *, locked: bool = False) -> Row:
    """The row; with `locked` inside a transaction, as it is now and held for change. Raises NotFound with the noun."""
    found = db.session.get(table, row_id, with_for_update=locked or None, populate_existing=locked)
    if found is None:
        raise NotFound(f"There is no such {noun}.")
    return found
