"""How many cards hang where: summed from the ledger, so it costs the same at any number of tasks."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import func, select

from helix.extensions import db
from helix.models import TaskTally
from helix.models.vocabulary import TaskStatus
from helix.policies.moves import OPEN


def task_counts(board_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """For each board, the number of live tasks in every status; archived and deleted ones do not count."""
    rows = db.session.execute(
        select(TaskTally.board_id, TaskTally.status, func.sum(TaskTally.amount))
        .where(TaskTally.board_id.in_(board_ids))
        .group_by(TaskTally.board_id, TaskTally.status)
    )
    counts: dict[int, dict[str, int]] = defaultdict(lambda: {str(status): 0 for status in TaskStatus})
    for board_id, status, amount in rows:
        counts[board_id][status] = int(amount)
    return {board_id: counts[board_id] for board_id in board_ids}


def open_counts(board_ids: Collection[int]) -> dict[int, int]:
    """For each board, how many tasks still want something."""
    return {
        board_id: sum(by_status[status] for status in OPEN) for board_id, by_status in task_counts(board_ids).items()
    }
