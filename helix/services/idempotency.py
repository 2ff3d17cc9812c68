"""An answer that is given once per key: what a client or a form sends again happens only once.

`begin` reserves the key in a transaction of its own, so that others see it at once. `finish` keeps the answer in
the transaction of the change itself: both become true together or not at all. The reservation's time is its
fence: whoever was given up for dead finds another one there and rolls back.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helix import clock
from helix.errors import Conflict, Forbidden
from helix.extensions import db
from helix.models import IdempotencyKey, Task
from helix.policies.actor import Actor
from helix.services.access import on_visible_boards
from helix.transaction import transaction

RETENTION = timedelta(hours=24)
# No request lives longer than this: a process died over it.
ABANDONED_AFTER = timedelta(minutes=2)

OTHER_BODY = "This Idempotency-Key was used for another request in the last 24 hours. Choose a new key."
IN_PROGRESS = "A request with this Idempotency-Key is still under way. Ask again in a moment."


class RequestInProgress(Conflict):
    """The first request with this key has no answer yet."""

    def __init__(self) -> None:
        super().__init__(IN_PROGRESS)


@dataclass(frozen=True)
class Reservation:
    """The right to give the first answer."""

    id: int
    fence: datetime


@dataclass(frozen=True)
class StoredResponse:
    status: int
    body: Any


def begin(actor: Actor, key: str, route: str, body_hash: str) -> Reservation | StoredResponse:
    """The first answer where there is one, else the right to give it.

    Raises Conflict when the key came with another body, UnderWay while its first request is.
    """
    # Looked up before anything is written: a first request that is still writing need not be waited for.
    return _answered(_found(actor, key, route), body_hash) or _reserve(actor, key, route, body_hash)


def finish(reservation: Reservation, status: int, body: Any) -> None:
    """Keep the answer; call it inside the transaction of the change. Raises UnderWay when somebody took over."""
    kept = db.session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.id == reservation.id, IdempotencyKey.created_at == reservation.fence)
        .values(status=status, answer=body)
    )
    if kept.rowcount == 0:  # type: ignore[attr-defined]
        raise RequestInProgress


def release(reservation: Reservation) -> None:
    """A failure is no answer that sticks: the key is free again."""
    with transaction():
        db.session.execute(
            delete(IdempotencyKey).where(
                IdempotencyKey.id == reservation.id,
                IdempotencyKey.created_at == reservation.fence,
                IdempotencyKey.status.is_(None),
            )
        )


def refuse_lost_rights(actor: Actor, task_ids: Collection[int]) -> None:
    """Raises Forbidden when the actor does not see the board of one of these tasks any more, deleted ones included."""
    seen = select(func.count(Task.id)).where(Task.id.in_(task_ids), on_visible_boards(actor, Task.board_id))
    if db.session.scalar(seen) != len(set(task_ids)):
        raise Forbidden("This was done the first time. You may not see it any more: your right on that board is gone.")


def delete_expired() -> int:
    """Delete the keys of more than 24 hours ago."""
    with transaction():
        gone = db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < clock.now() - RETENTION))
        return gone.rowcount  # type: ignore[attr-defined]


def _found(actor: Actor, key: str, route: str, *, lock: bool = False) -> IdempotencyKey | None:
    query = select(IdempotencyKey).where(
        IdempotencyKey.user_id == actor.user_id, IdempotencyKey.key == key, IdempotencyKey.route == route
    )
    if lock:
        query = query.with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def _answered(found: IdempotencyKey | None, body_hash: str) -> StoredResponse | None:
    age = clock.now() - found.created_at if found else RETENTION
    if found is None or age >= RETENTION:
        return None
    if found.body_hash != body_hash:
        raise Conflict(OTHER_BODY)
    if found.status is not None:
        return StoredResponse(found.status, found.answer)
    if age < ABANDONED_AFTER:
        raise RequestInProgress
    return None


def _reserve(actor: Actor, key: str, route: str, body_hash: str) -> Reservation | StoredResponse:
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    now = clock.now()
    values = {"body_hash": body_hash, "status": None, "answer": None, "created_at": now}
    with transaction():
        row = insert(IdempotencyKey).values(user_id=actor.user_id, key=key, route=route, **values)
        # Two at once: one gets an id here, the other waits for it and then finds the row.
        added = db.session.scalar(row.on_conflict_do_nothing().returning(IdempotencyKey.id))
        if added is not None:
            return Reservation(added, now)
        found = _found(actor, key, route, lock=True)
        answered = _answered(found, body_hash)
        if answered:
            return answered
        if found is None:
            raise RequestInProgress
        db.session.execute(update(IdempotencyKey).where(IdempotencyKey.id == found.id).values(**values))
        return Reservation(found.id, now)
