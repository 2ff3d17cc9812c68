"""Rows written by SQLAlchemy Core, for the paths where an object of the session costs more than it gives."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, Table

from helix.extensions import db


def table(model: type[Any]) -> Table:
    """The table of a model, for Core statements."""
    return model.__table__


def write(
    statement: Executable, parameters: dict[str, Any] | list[dict[str, Any]] | None = None, *, flush: bool = True
) -> Sequence[Any]:
    """Insert, update or delete within the transaction under way. Returns the rows that the statement returns, if any.

    `flush` writes what the session holds first; a row that depends on nothing there does without. Objects that the
    session has loaded before keep their values. Raises RuntimeError outside of a `transaction()`.
    """
    session = db.session()
    if "after_commit" not in session.info:
        raise RuntimeError("Something was to be written outside of a transaction().")
    if flush:
        session.flush()
    result = session.connection().execute(statement, parameters)
    return result.all() if result.returns_rows else []
