"""Plain rows, read and written: no objects are made, no session is opened where none is."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Executable, Select, bindparam, select

from helix import saving
from helix.extensions import db
from helix.plans import plan_of

T = TypeVar("T", bound=Any)


def rows(statement: Executable, **values: Any) -> Sequence[Any]:
    """All rows of a statement, with `values` for its bound parameters; inside a transaction, as it sees them.

    Columns are had by place and by name. A statement that is written once and kept costs half of one that is not.
    """
    engine = db.engine
    plan = plan_of(statement, engine)
    if db.session.registry.has() and (session := db.session()).in_transaction():
        saving.flush(session)
        connection = session.connection()
        return plan.within(connection, values)[0] if plan else connection.execute(statement, values).all()
    # Where the plan does not work, the usual way says what is wrong, or works by a new connection.
    found = plan.rows(engine, values) if plan else None
    if found is None:
        with engine.connect() as connection:
            found = connection.execute(statement, values).all()
    return found


def held(kind: type[T], **values: Any) -> T | None:
    """Inside a transaction: the one of this kind with this `id`, locked, and read as it is now."""
    found = rows(_locked(kind), **values)
    return saving.taken_in(db.session(), kind.__mapper__, found[0]) if found else None


@cache
def _locked(kind: type[Any]) -> Select[Any]:
    table = kind.__table__
    return select(table).where(table.c.id == bindparam("id")).with_for_update(of=table)
