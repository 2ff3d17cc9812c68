"""Reading plain rows: no objects are made, no session is opened where none is."""

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Executable

from helix.extensions import db
from helix.plans import Plan

# Of statements that were asked before, by database, how they are asked again: None, the usual way. Those that are made
# anew each time die at once.
_plans: WeakKeyDictionary[Executable, dict[str, Plan | None]] = WeakKeyDictionary()


def rows(statement: Executable, **values: Any) -> Sequence[Any]:
    """All rows of a statement, with `values` for its bound parameters; inside a transaction, as it sees them.

    Columns are had by place and by name. A statement that is written once and kept costs half of one that is not.
    """
    if db.session.registry.has() and (session := db.session()).in_transaction():
        session.flush()
        return session.connection().execute(statement, values).all()
    engine = db.engine
    found = _by_plan(statement, engine, values)
    if found is None:
        with engine.connect() as connection:
            found = connection.execute(statement, values).all()
    return found


def _by_plan(statement: Executable, engine: Engine, values: dict[str, Any]) -> Sequence[Any] | None:
    """None: it has none, or that did not work. Then the usual way says what is wrong, or works by a new connection."""
    if engine.dispatch.before_cursor_execute:  # type: ignore[attr-defined]
        return None  # Whoever listens to what is sent hears all of it.
    known = _plans.get(statement)
    if known is None:
        _plans[statement] = {}
        return None
    name = engine.dialect.name
    if name not in known:
        known[name] = Plan.of(statement, engine.dialect)
    plan = known[name]
    return plan.rows(engine, values) if plan else None
