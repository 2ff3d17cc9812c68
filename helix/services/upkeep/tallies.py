from sqlalchemy import delete, func, insert, select

from helix.extensions import db
from helix.models import TaskTally
from helix.transaction import transaction

# Fewer rows than this are as quick to sum as one.
WORTH_FOLDING = 500


def fold_tallies() -> int:
    """Replace the ledger's rows so far by their sums; rows that come meanwhile are left for next time."""
    with transaction():
        newest = db.session.scalar(select(func.max(TaskTally.id))) or 0
        if (db.session.scalar(select(func.count(TaskTally.id))) or 0) < WORTH_FOLDING:
            return 0
        # An id below `newest` may still be uncommitted elsewhere: what is deleted is exactly what was summed.
        rows = db.session.execute(
            delete(TaskTally)
            .where(TaskTally.id <= newest)
            .returning(TaskTally.board_id, TaskTally.status, TaskTally.amount)
        ).all()
        sums: dict[tuple[int, str], int] = {}
        for board_id, status, amount in rows:
            sums[board_id, status] = sums.get((board_id, status), 0) + amount
        kept = [{"board_id": key[0], "status": key[1], "amount": amount} for key, amount in sums.items() if amount]
        if kept:
            db.session.execute(insert(TaskTally), kept)
        return len(rows)
