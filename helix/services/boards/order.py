"""The sort order of departments, and of the boards in a department."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from helix import live
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Board, Department
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.boards.write import require_admin
from helix.services.finding import one


def move_board(actor: Actor, board_id: int, by: int) -> None:
    """Move a board within its department: `by` -1 is one place up, 3 is three down, limited to the ends. For admins."""
    require_admin(actor)
    with transaction() as after_commit:
        board = one(Board, board_id, "board")
        among = select(Board).where(Board.department_id == board.department_id)
        found = db.session.scalars(among.order_by(Board.sort_order, Board.id).with_for_update()).all()
        if _move_row(found, board, by):
            activity.record(
                actor, "board.updated", "board", board.id, board.name, board_id=board.id, fields=["sort_order"]
            )
            after_commit(live.publish, "board", board.id, board_id=board.id)


def move_department(actor: Actor, department_id: int, by: int) -> None:
    """Move a department, as `move_board` moves a board. For admins."""
    require_admin(actor)
    with transaction() as after_commit:
        department = one(Department, department_id, "department")
        among = select(Department).order_by(Department.sort_order, Department.id).with_for_update()
        if _move_row(db.session.scalars(among).all(), department, by):
            activity.record(
                actor, "department.updated", "department", department.id, department.name, fields=["sort_order"]
            )
            after_commit(live.publish, "board")


def _move_row(rows: Sequence[Any], row: Any, by: int) -> bool:
    """Move `row` and renumber all of them: rows with equal numbers could not be swapped. Returns whether it moved."""
    order = list(rows)
    old_index = order.index(row)
    new_index = min(max(old_index + by, 0), len(order) - 1)
    if new_index == old_index:
        return False
    order.insert(new_index, order.pop(old_index))
    for place, other in enumerate(order, start=1):
        other.sort_order = place
    return True
