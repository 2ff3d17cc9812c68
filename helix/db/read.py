"""Plain rows, read and written: no objects are made, no session is opened where none is."""

from collections.abc import Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Executable, Select, Table, bindparam, select

from helix import saving
from helix.extensions import db
from helix.plans import ask, plan_of

T = TypeVar("T", bound=Any)


def table(model: type[Any]) -> Table:
    """For statements that write past the session: `update(table(Run))`."""
    return model.__table__


def rows(statement: Executable, **values: Any) -> Sequence[Any]:
    """All rows of a statement, with `values` for its bound parameters; inside a transaction, as it sees them.

    Columns are had by place and by name. A statement that is written once and kept costs half of one that is not.
    """
    if db.session.registry.has() and (session := db.session()).in_transaction():
        saving.flush(session)
        return ask(session.connection(), statement, values)[0]
    engine = db.engine
    plan = plan_of(statement, engine)
    # Where the plan does not work, the usual way says what is wrong, or works by a new connection.
    answer = plan.rows(engine, values) if plan else None
    if answer is None:
        with engine.connect() as connection:
            answer = connection.execute(statement, values).all()
    return answer


def write(statement: Executable, **values: Any) -> Sequence[Any]:
    """Insert, update or delete within the transaction under way: the rows that the statement returns.

    For what no object stands for: those of the session that were loaded before do not hear of it.
    """
    if "after_commit" not in db.session.info:
        raise RuntimeError("Something was to be written outside of a transaction().")
    session = db.session()
    saving.flush(session)
    return ask(session.connection(), statement, values)[0]


def held(kind: type[T], **values: Any) -> T | None:
    """Inside a transaction: the one of this kind with this `id`, locked, and read as it is now."""
    one = rows(_locked(kind), **values)
    return saving.taken_in(db.session(), kind.__mapper__, one[0]) if one else None


@cache
def _locked(kind: type[Any]) -> Select[Any]:
    rows_of = table(kind)
    return select(rows_of).where(rows_of.c.id == bindparam("id")).with_for_update(of=rows_of)
