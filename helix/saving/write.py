"""Rows of one kind, by statements that are kept: each is put together once for a table and what of it is written."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Executable, Table, bindparam, insert, null, update
from sqlalchemy.orm import InstanceState
from sqlalchemy.orm.exc import StaleDataError

from helix.plans import ask
from helix.saving.kind import Kind, default

State = InstanceState[Any]
MOST_KEPT = 500


def add(connection: Connection, kind: Kind, states: Sequence[State]) -> None:
    """New rows: those whose number the database gives one by one, the others in one statement."""
    together = []
    for state in states:
        row = _row(kind, state)
        if kind.counter is None or state.dict.get(kind.counter) is not None:
            together.append(row)
        else:
            found, _count = ask(connection, _insert(kind.table, 1, numbered=True), _named([row]), kept=True)
            state.dict[kind.counter] = found[0][0]
    if together:
        ask(connection, _insert(kind.table, len(together)), _named(together), kept=True)


def change(connection: Connection, kind: Kind, state: State) -> None:
    """One row: the columns that have another value than the database. Raises StaleDataError when it is gone."""
    now, before = state.dict, state.committed_state
    # What was not read before it was set is something else than any value.
    names = [
        name
        for name, column in kind.columns.items()
        if name in before and not column.type.compare_values(before[name], now[name])
    ]
    if not names or state.key is None:
        return
    key = zip(kind.table.primary_key, state.key[1], strict=True)
    values = {f"new_{kind.columns[name].key}": now[name] for name in names} | {f"of_{one.key}": is_ for one, is_ in key}
    _rows, count = ask(
        connection, _update(kind.table, tuple(kind.columns[name].key for name in names)), values, kept=True
    )
    if count != 1:
        raise StaleDataError(f"A row of {kind.table.name} was gone before it was changed.")


def _row(kind: Kind, state: State) -> dict[str, Any]:
    """By names of columns. What was left out is what the table says, and empty else."""
    values, row = state.dict, {}
    for name, column in kind.columns.items():
        if name == kind.counter and values.get(name) is None:
            continue
        if name in values:
            row[column.key] = values[name]
        else:
            values[name] = value = default(column)
            # JSON has a null of its own, which is meant only by those who say it.
            row[column.key] = null() if value is None and column.type.should_evaluate_none else value
    return row


def _named(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {f"{name}_{place}": value for place, row in enumerate(rows) for name, value in row.items()}


@lru_cache(MOST_KEPT)
def _insert(table: Table, count: int, *, numbered: bool = False) -> Executable:
    """`numbered`: by the database, and the number comes back."""
    counter = table.autoincrement_column if numbered else None
    columns = [column for column in table.columns if column is not counter]
    rows = [{one: bindparam(f"{one.key}_{place}", type_=one.type) for one in columns} for place in range(count)]
    return insert(table).values(rows) if counter is None else insert(table).values(rows[0]).returning(counter)


@lru_cache(MOST_KEPT)
def _update(table: Table, names: tuple[str, ...]) -> Executable:
    found = update(table).values({name: bindparam(f"new_{name}", type_=table.columns[name].type) for name in names})
    return found.where(*[one == bindparam(f"of_{one.key}", type_=one.type) for one in table.primary_key])
