"""Idempotency keys: a request that a client or a form repeats takes effect only once.

`begin` reserves the key in a transaction of its own, so that other requests see it at once. `finish` stores the
response in the transaction of the change, so that both are committed or neither is. The reservation's timestamp is a
fencing token: a request that was considered dead finds a different one, and rolls back.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helix import clock
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden
from helix.extensions import db
from helix.models import IdempotencyKey, Task
from helix.policies.actor import Actor
from helix.services.access import on_visible_boards

RETENTION = timedelta(hours=24)
# No request takes longer than this: after it, the process is considered dead.
ABANDONED_AFTER = timedelta(minutes=2)

OTHER_BODY = "This Idempotency-Key was used for another request in the last 24 hours. Choose a new key."
IN_PROGRESS = "A request with this Idempotency-Key is still in progress. Try again in a moment."


class RequestInProgress(Conflict):
    """The first request with this key has no response yet."""

    def __init__(self) -> None:
        super().__init__(IN_PROGRESS)


@dataclass(frozen=True)
class Reservation:
    """The right to answer the first request with a key."""

    id: int
    fence: datetime


@dataclass(frozen=True)
class StoredResponse:
    status: int
    body: Any


def begin(actor: Actor, key: str, route: str, body_hash: str) -> Reservation | StoredResponse:
    """The stored response if there is one, else a reservation.

    Raises Conflict when the key was used with another body, RequestInProgress while its first request runs.
    """
    # Look up first: an insert would wait for a first request that is still in its transaction.
    return _stored_response(_find_key(actor, key, route), body_hash) or _reserve(actor, key, route, body_hash)


def finish(reservation: Reservation, status: int, body: Any) -> None:
    """Store the response, inside the transaction of the change. Raises RequestInProgress when it was taken over."""
    updated = db.session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.id == reservation.id, IdempotencyKey.created_at == reservation.fence)
        .values(status=status, answer=body)
    )
    if updated.rowcount == 0:  # type: ignore[attr-defined]
        raise RequestInProgress


def release(reservation: Reservation) -> None:
    """Release the key after a failure, so that the request can be repeated."""
    with transaction():
        db.session.execute(
            delete(IdempotencyKey).where(
                IdempotencyKey.id == reservation.id,
                IdempotencyKey.created_at == reservation.fence,
                IdempotencyKey.status.is_(None),
            )
        )


def refuse_lost_rights(actor: Actor, task_ids: Collection[int]) -> None:
    """Raises Forbidden when the actor no longer sees the board of one of these tasks, including deleted ones."""
    seen = select(func.count(Task.id)).where(Task.id.in_(task_ids), on_visible_boards(actor, Task.board_id))
    if db.session.scalar(seen) != len(set(task_ids)):
        raise Forbidden("This was done by the first request. You can no longer see it: you lost access to that board.")


def delete_expired() -> int:
    """Delete keys older than 24 hours. Returns how many."""
    with transaction():
        deleted = db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < clock.now() - RETENTION))
        return deleted.rowcount  # type: ignore[attr-defined]


def _find_key(actor: Actor, key: str, route: str, *, lock: bool = False) -> IdempotencyKey | None:
    query = select(IdempotencyKey).where(
        IdempotencyKey.user_id == actor.user_id, IdempotencyKey.key == key, IdempotencyKey.route == route
    )
    if lock:
        query = query.with_for_update()
    return db.session.scalar(query.execution_options(populate_existing=True))


def _stored_response(row: IdempotencyKey | None, body_hash: str) -> StoredResponse | None:
    age = clock.now() - row.created_at if row else RETENTION
    if row is None or age >= RETENTION:
        return None
    if row.body_hash != body_hash:
        raise Conflict(OTHER_BODY)
    if row.status is not None:
        return StoredResponse(row.status, row.answer)
    if age < ABANDONED_AFTER:
        raise RequestInProgress
    return None


def _reserve(actor: Actor, key: str, route: str, body_hash: str) -> Reservation | StoredResponse:
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    now = clock.now()
    values = {"body_hash": body_hash, "status": None, "answer": None, "created_at": now}
    with transaction():
        statement = insert(IdempotencyKey).values(user_id=actor.user_id, key=key, route=route, **values)
        # Of two requests at once, one inserts the row; the other waits here and then finds it.
        added = db.session.scalar(statement.on_conflict_do_nothing().returning(IdempotencyKey.id))
        if added is not None:
            return Reservation(added, now)
        existing = _find_key(actor, key, route, lock=True)
        answered = _stored_response(existing, body_hash)
        if answered:
            return answered
        if existing is None:
            raise RequestInProgress
        db.session.execute(update(IdempotencyKey).where(IdempotencyKey.id == existing.id).values(**values))
        return Reservation(existing.id, now)
