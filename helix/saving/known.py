from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.attributes import instance_state

from helix.saving.kind import kind_of


def taken_in(session: Session, mapper: Mapper[Any], row: Sequence[Any]) -> Any:
    """The object of a row that was read whole, in the order of the table's columns: known to the session from now on,
    and as the row says where it was known already."""
    kind = kind_of(mapper)
    if kind is None:
        raise TypeError(f"{mapper.class_.__name__} is more than the rows of one table.")
    values = dict(zip(kind.columns, row, strict=True))
    key = mapper.identity_key_from_primary_key(tuple(values[n] for n, one in kind.columns.items() if one.primary_key))
    found = session.identity_map.get(key)
    if found is not None:
        state = instance_state(found)
        state.dict.update(values)
        state._commit_all(state.dict, session.identity_map)
        return found
    found = mapper.class_manager.new_instance()
    state = instance_state(found)
    state.dict.update(values)
    # As the session takes in what its own questions find.
    state.key, state.session_id = key, session.hash_key
    session.identity_map._add_unpresent(state, key)
    state._commit_all(state.dict, session.identity_map)
    return found
