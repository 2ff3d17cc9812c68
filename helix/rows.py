"""Reading plain rows: no objects are made, no session is opened where none is."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, Row

from helix.extensions import db


def rows(statement: Executable, **values: Any) -> Sequence[Row[*tuple[Any, ...]]]:
    """All rows of a statement, with `values` for its bound parameters; inside a transaction, as it sees them."""
    if db.session.registry.has() and (session := db.session()).in_transaction():
        session.flush()
        return session.connection().execute(statement, values).all()
    with db.engine.connect() as connection:
        return connection.execute(statement, values).all()
