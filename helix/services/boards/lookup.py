"""Reading boards, and counting their tasks."""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import func, select

from helix.db.locking import KEY_SHARE, lock
from helix.errors import Forbidden, NotFound
from helix.extensions import db
from helix.models import Board, Department, TaskTally
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.policies import boards as policy
from helix.policies.actor import Actor
from helix.policies.moves import OPEN
from helix.services.access import on_visible_boards


def get(
    actor: Actor, board_id: int, *, to: Callable[[Actor, Board], bool] = policy.may_see, keep: bool = False
) -> Board:
    """The board, if the policy `to` allows it. Raises NotFound when the actor cannot see it, else Forbidden.

    `keep` locks the row inside a transaction, so that it is not deleted meanwhile.
    """
    board = lock(Board, board_id, **KEY_SHARE) if keep else db.session.get(Board, board_id)
    if board is None or not policy.may_see(actor, board):
        raise NotFound("There is no such board.")
    if not to(actor, board):
        raise Forbidden(f"Your level on the board {board.name} does not allow this. Ask an admin for more.")
    return board


def boards(actor: Actor, *, department_id: int | None = None) -> list[Board]:
    """Every board that the actor sees, in sidebar order."""
    query = (
        select(Board)
        .join(Department, Department.id == Board.department_id)
        .where(on_visible_boards(actor, Board.id))
        .order_by(Department.sort_order, Department.id, Board.sort_order, Board.id)
    )
    if department_id is not None:
        query = query.where(Board.department_id == department_id)
    return list(db.session.scalars(query))


def serialize(actor: Actor, boards: list[Board]) -> list[dict[str, Any]]:
    """The API representation of boards."""
    counts = task_counts([board.id for board in boards])
    return [
        {
            "id": board.id,
            "key": board.key,
            "name": board.name,
            "description": board.description,
            "department_id": board.department_id,
            "sort_order": board.sort_order,
            "wip_limits": board.wip_limits,
            "task_counts": counts[board.id],
            "default_level": None if board.default_level is None else BoardLevel(board.default_level).word,
            "my_level": actor.level_on(board.id).word,
        }
        for board in boards
    ]


def task_counts(board_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """For each board, the number of tasks in each status, without archived and deleted ones.

    Summed from the tally table, so that the cost does not depend on the number of tasks.
    """
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
    """For each board, the number of open tasks."""
    return {
        board_id: sum(by_status[status] for status in OPEN) for board_id, by_status in task_counts(board_ids).items()
    }
