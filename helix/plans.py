"""A statement that is asked again and again, worked out once: text, parameters, and what becomes of its columns.

SQLAlchemy finds all of that anew at each execution, which takes longer than a small question and its answer.
"""

from collections import namedtuple
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import CompoundSelect, Connection, Dialect, Engine, Executable, Numeric, Select
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any] | None

# Of statements that were asked before, by database, how they are asked again: None, the usual way. Those that are made
# anew each time die at once.
_known: "WeakKeyDictionary[Executable, dict[str, Plan | None]]" = WeakKeyDictionary()


def plan_of(statement: Executable, engine: Engine, *, kept: bool = False) -> "Plan | None":
    """None: the usual way is taken, since it has none, is asked for the first time and not known to be `kept`, or
    somebody listens to what is sent."""
    if engine.dispatch.before_cursor_execute:  # type: ignore[attr-defined]
        return None
    known = _known.get(statement)
    if known is None:
        known = _known[statement] = {}
        if not kept:
            return None
    name = engine.dialect.name
    if name not in known:
        known[name] = Plan.of(statement, engine.dialect)
    return known[name]


def planned_anew(statement: Any) -> Any:
    """PostgreSQL plans it at each execution, for the values at hand: the best way depends on what was typed."""
    return statement.execution_options(planned_anew=True)


def ask(
    connection: Connection, statement: Executable, values: dict[str, Any], *, kept: bool = False
) -> tuple[Sequence[Any], int]:
    """In the transaction of `connection`: the rows that a statement gives, and how many it wrote or found."""
    plan = plan_of(statement, connection.engine, kept=kept)
    if plan:
        return plan.within(connection, values)
    result = connection.execute(statement, values)
    return result.all() if result.returns_rows else [], result.rowcount


@dataclass(frozen=True)
class Plan:
    """`options` go to the driver, `fixed` are the parameters that the statement brings itself, `converts` prepares
    those that are given.

    `order` is None where parameters go by name. `columns` are the places of those that are not taken as they come.
    `gives`: whether rows come back at all.
    """

    text: str
    options: dict[str, Any]
    fixed: dict[str, Any]
    converts: dict[str, Convert]
    order: Sequence[str] | None
    columns: Sequence[tuple[int, Callable[[Any], Any]]]
    row: Any
    gives: bool

    @classmethod
    def of(cls, statement: Executable, dialect: Dialect) -> "Plan | None":
        """None for what has to be put together at each execution, such as a list of unknown length."""
        if isinstance(statement, (Select, CompoundSelect)):
            given = list(statement.selected_columns)
        elif isinstance(statement, UpdateBase):
            given = list(statement.exported_columns)
        else:
            return None
        compiled = statement.compile(dialect=dialect)
        types = [column.type for column in given]
        if compiled.literal_execute_params or compiled.post_compile_params or any(map(_by_the_driver, types)):
            return None
        names = [getattr(column, "name", None) or "_" for column in given]
        binds = {name: (bind, _bound(bind.type, dialect)) for bind, name in compiled.bind_names.items()}
        found = [(place, _made(type_, dialect)) for place, type_ in enumerate(types)]
        return cls(
            text=str(compiled),
            options=_options(statement, dialect),
            fixed={
                name: convert(bind.value) if convert else bind.value
                for name, (bind, convert) in binds.items()
                if not bind.required
            },
            converts={name: convert for name, (bind, convert) in binds.items() if bind.required},
            order=compiled.positiontup if compiled.positional else None,
            columns=[(place, convert) for place, convert in found if convert],
            # Without the check of each row's length that a named tuple brings.
            row=partial(tuple.__new__, namedtuple("Row", names, rename=True)),
            gives=bool(given),
        )

    def rows(self, engine: Engine, values: dict[str, Any]) -> Sequence[Any] | None:
        """None when the database refused, or was not there; the connection is not used again then."""
        sent = self._sent(values)
        try:
            connection = engine.raw_connection()
        except engine.dialect.loaded_dbapi.Error:
            return None
        try:
            cursor = connection.cursor()
            cursor.execute(self.text, sent, **self.options)
            found = cursor.fetchall()
            cursor.close()
        except engine.dialect.loaded_dbapi.Error as error:
            connection.invalidate(error)
            return None
        finally:
            connection.close()
        return self._shaped(found)

    def within(self, connection: Connection, values: dict[str, Any]) -> tuple[Sequence[Any], int]:
        """In the transaction of `connection`: the rows, none where it gives none, and how many it found or wrote.

        What the database refuses is raised as SQLAlchemy raises it.
        """
        sent, cursor = self._sent(values), None
        try:
            cursor = connection.connection.cursor()
            cursor.execute(self.text, sent, **self.options)
            found = cursor.fetchall() if self.gives else ()
            count = cursor.rowcount
        except connection.dialect.loaded_dbapi.Error as error:
            connection._handle_dbapi_exception(error, self.text, sent, cursor, None)
        cursor.close()
        return self._shaped(found), count

    def _sent(self, values: dict[str, Any]) -> Any:
        parameters = dict(self.fixed)
        for name, convert in self.converts.items():
            parameters[name] = convert(values[name]) if convert else values[name]
        return parameters if self.order is None else [parameters[name] for name in self.order]

    def _shaped(self, found: Sequence[Sequence[Any]]) -> Sequence[Any]:
        if not self.columns:
            return list(map(self.row, found))
        shaped = []
        for row in found:
            cells = list(row)
            for place, convert in self.columns:
                cells[place] = convert(cells[place])
            shaped.append(self.row(cells))
        return shaped


def _options(statement: Executable, dialect: Dialect) -> dict[str, Any]:
    anew = statement.get_execution_options().get("planned_anew") and dialect.name == "postgresql"
    return {"prepare": False} if anew else {}


def _bound(type_: TypeEngine[Any], dialect: Dialect) -> Convert:
    return type_.dialect_impl(dialect).bind_processor(dialect)


def _made(type_: TypeEngine[Any], dialect: Dialect) -> Convert:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _by_the_driver(type_: TypeEngine[Any]) -> bool:
    """How a fraction comes is known only with the answer."""
    return isinstance(type_, Numeric)
