"""Deleting much in small steps: no step holds a lock for long, and a round ends while the lease is still ours."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, delete, select

from helix.db.transaction import transaction
from helix.extensions import db

ROWS = 200
ROUND_SECONDS = 2.0


def repeat(step: Callable[[], int], *, full: int = ROWS) -> int:
    """Repeat `step` while it is as large as `full`, for some seconds at most. What is left waits for the next round."""
    deadline = time.monotonic() + ROUND_SECONDS
    done = 0
    while True:
        count = step()
        done += count
        if count < full or time.monotonic() > deadline:
            return done


def delete_where(table: Any, condition: ColumnElement[bool], *, rows: int = ROWS) -> int:
    """Delete what fits, in batches by id. The condition should have an index to go by."""

    def step() -> int:
        with transaction():
            ids = select(table.id).where(condition).order_by(table.id).limit(rows)
            gone = delete(table).where(table.id.in_(ids)).returning(table.id)
            return len(db.session.scalars(gone.execution_options(synchronize_session=False)).all())

    return repeat(step, full=rows)


def delete_oldest(table: Any, is_old: Callable[[Any], bool], *, rows: int = ROWS) -> int:
    """Delete from the lowest id up to the first row that is not `is_old(created_at)`: needs no index on the time."""

    def step() -> int:
        with transaction():
            lowest = db.session.execute(select(table.id, table.created_at).order_by(table.id).limit(rows)).all()
            ids = list(_up_to_the_first_young(lowest, is_old))
            if ids:
                db.session.execute(delete(table).where(table.id.in_(ids)).execution_options(synchronize_session=False))
            return len(ids)

    return repeat(step, full=rows)


def _up_to_the_first_young(rows: Any, is_old: Callable[[Any], bool]) -> Iterator[int]:
    for id, created_at in rows:
        if not is_old(created_at):
            return
        yield id
