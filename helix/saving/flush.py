from itertools import groupby
from typing import Any

from sqlalchemy import ClauseElement
from sqlalchemy.orm import InstanceState, Session

from helix.saving import write
from helix.saving.kind import Kind, kind_of

State = InstanceState[Any]


def flush(session: Session) -> None:
    """As `session.flush()`: afterwards the transaction under way has all that was added and changed."""
    if session._is_clean():
        return
    kinds = {state: kind_of(state.mapper) for state in (*session._dirty_states, *session._new)}
    if session._deleted or not all(_is_plain(state, kind) for state, kind in kinds.items()):
        session.flush()
        return
    connection = session.connection()
    placed = sorted(
        ((_place(state, kind), state, kind) for state, kind in kinds.items() if kind), key=lambda one: one[0]
    )
    for (_depth, is_new), some in groupby(placed, lambda one: one[0][:2]):
        rows = list(some)
        if is_new:
            write.add(connection, rows[0][2], [state for _, state, _ in rows])
        else:
            for _, state, kind in rows:
                write.change(connection, kind, state)
    # The rest as the session ends a flush itself.
    session.dispatch.after_flush(session, None)
    session._register_persistent(set(kinds))


def _place(state: State, kind: Kind) -> tuple[Any, ...]:
    """Parents before children; of a table, changes before what is new, in an order that all keep."""
    return kind.depth, state.key is None, state.insert_order if state.key is None else state.key[1]


def _is_plain(state: State, kind: Kind | None) -> bool:
    """Only columns were set, to values, and no key was changed."""
    if kind is None:
        return False
    values, columns = state.dict, kind.columns
    if state.key is None:
        touched = [name for name, value in values.items() if value is not None and name != "_sa_instance_state"]
    else:
        touched = list(state.committed_state)
        if any(name in columns and columns[name].primary_key for name in touched):
            return False
    return all(name in columns and name in values and not isinstance(values[name], ClauseElement) for name in touched)
