"""Plain rows, read without making objects of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable

from helix.extensions import db


def rows(statement: Executable, **values: Any) -> Sequence[Any]:
    """All rows of a statement, with `values` for its bound parameters. Columns are had by place and by name.

    Inside a transaction it sees what that has changed; outside it takes a connection for this statement alone.
    """
    if db.session.registry.has() and (session := db.session()).in_transaction():
        session.flush()
        return session.connection().execute(statement, values).all()
    with db.engine.connect() as connection:
        return connection.execute(statement, values).all()


def planned_each_time(statement: Any) -> Any:
    """Have PostgreSQL plan it at each execution, for the values at hand: the best plan depends on what was typed."""
    return statement.execution_options(planned_each_time=True)
