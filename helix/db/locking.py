"""Row locks, held until the transaction ends. SQLite has none: there a transaction that writes is alone anyway."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import bindparam, inspect, select

from helix.extensions import Model, db

Row = TypeVar("Row", bound=Model)

# Strengths other than FOR UPDATE, by PostgreSQL's names.
# Others may still refer to the row by a foreign key.
NO_KEY_UPDATE: dict[str, Any] = {"key_share": True}
# Others may change the row, but not delete it.
KEY_SHARE: dict[str, Any] = {"read": True, "key_share": True}


def lock(model: type[Row], id: Any, **strength: Any) -> Row | None:
    """The row with this primary key, locked and read as it is now. None when it is missing.

    FOR UPDATE unless `strength` says otherwise: `lock(Agent, agent_id, **KEY_SHARE)`.
    """
    return db.session.scalars(_by_id(model, tuple(strength.items())), {"id": id}).one_or_none()


def lock_one(model: type[Row], id: Any, **strength: Any) -> Row:
    """As `lock`, for a row that must exist. Raises NoResultFound."""
    return db.session.scalars(_by_id(model, tuple(strength.items())), {"id": id}).one()


@lru_cache(100)
def _by_id(model: type[Any], strength: tuple[tuple[str, bool], ...]) -> Any:
    # Built once, since `Session.get` builds its statement at each call: a third of its time.
    # `of`: PostgreSQL refuses to lock the nullable side of an outer join, which a relationship may be loaded by.
    (key,) = inspect(model).primary_key
    query = select(model).where(key == bindparam("id")).with_for_update(of=model, **dict(strength))
    return query.execution_options(populate_existing=True)


def lock_all(model: type[Any], ids: Iterable[int]) -> list[Any]:
    """Several rows by `id`, those that exist, always locked in one order so that no two transactions deadlock."""
    query = select(model).where(model.id.in_(list(ids))).order_by(model.id).with_for_update(of=model)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))
