"""Folding of the ledgers behind the counters of tasks and notifications."""

from collections import Counter
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import InstrumentedAttribute

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import NotificationTally, TaskTally

# Fewer rows than this are as quick to sum as one.
WORTH_FOLDING = 500


def fold_tallies() -> int:
    """Replace the rows of the ledgers by their sums. Rows that are inserted meanwhile are left for the next time."""
    tasks = _fold(TaskTally, TaskTally.board_id, TaskTally.status)
    notifications = NotificationTally
    return tasks + _fold(
        notifications, notifications.user_id, notifications.read, notifications.board_id, notifications.admin_only
    )


def _fold(ledger: type[TaskTally] | type[NotificationTally], *counted_by: InstrumentedAttribute[Any]) -> int:
    with transaction():
        newest = db.session.scalar(select(func.max(ledger.id))) or 0
        if (db.session.scalar(select(func.count(ledger.id))) or 0) < WORTH_FOLDING:
            return 0
        # An id below `newest` may still be uncommitted elsewhere: only the rows that this statement deletes are summed.
        rows = db.session.execute(delete(ledger).where(ledger.id <= newest).returning(ledger.amount, *counted_by)).all()
        sums: Counter[tuple[Any, ...]] = Counter()
        for amount, *of in rows:
            sums[tuple(of)] += amount
        names = [column.key for column in counted_by]
        kept = [dict(zip(names, of, strict=True)) | {"amount": amount} for of, amount in sums.items() if amount]
        if kept:
            db.session.execute(insert(ledger), kept)
        return len(rows)
