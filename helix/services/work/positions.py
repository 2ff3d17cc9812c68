"""Positions of cards in a column: an opaque rank between those of the neighbours."""

from functools import cache
from typing import Any

from fractional_indexing import FIError, generate_key_between, validate_order_key
from sqlalchemy import Select, bindparam, func, select, union_all

from helix.db.read import rows
from helix.errors import Invalid
from helix.extensions import db
from helix.models import Task
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import TaskStatus
from helix.services.work.rebalancing import between

# Rejected tasks are shown in To Do.
COLUMN_OF = {TaskStatus.REJECTED: TaskStatus.TODO}


def statuses_of_column(status: TaskStatus) -> tuple[TaskStatus, ...]:
    """The statuses that share the column of `status`."""
    column = COLUMN_OF.get(status, status)
    return (column, *(other for other, home in COLUMN_OF.items() if home == column))


def _in_column(board_id: Any, status: TaskStatus) -> list:  # type: ignore[type-arg]
    return [
        Task.board_id == board_id,
        Task.status.in_(statuses_of_column(status)),
        LIVE_TASK,
    ]


def at_the_end(board_id: int, status: TaskStatus, *, besides: int = 0) -> str:
    """A rank at the end of the column, ignoring the card with id `besides`."""
    return behind(_edge(last(status), board_id, besides))


def behind(rank: str | None) -> str:
    """The next rank after the last one of a column; `rank=None` for an empty column."""
    return generate_key_between(rank, None)


@cache
def last(status: TaskStatus) -> Select[Any]:
    """Select the last rank of the column of `status` on the board `board_id`, ignoring the card `besides`."""
    return _edge_of(status, func.max)


@cache
def _last_below(status: TaskStatus) -> Select[Any]:
    return _edge_of(status, func.max, Task.position < bindparam("rank"))


@cache
def _first_above(status: TaskStatus) -> Select[Any]:
    return _edge_of(status, func.min, Task.position > bindparam("rank"))


def _edge_of(status: TaskStatus, edge: Any, *beyond: Any) -> Select[Any]:
    """Query each status separately, each at one end of an index. An IN over several would read the whole board."""
    here = (Task.board_id == bindparam("board_id"), Task.id != bindparam("besides"), LIVE_TASK, *beyond)
    edges = [
        select(edge(Task.position).label("rank")).where(Task.status == one, *here) for one in statuses_of_column(status)
    ]
    return edges[0] if len(edges) == 1 else select(edge(union_all(*edges).subquery().c.rank))


def _edge(statement: Select[Any], board_id: int, besides: int, **more: str) -> str | None:
    return rows(statement, board_id=board_id, besides=besides, **more)[0][0]


def wanted(task: Task, board_id: int, status: TaskStatus, changes: dict[str, Any]) -> str | None:
    """The rank requested by `before_id`, `after_id` or `position`; None to keep the position.

    A card that is put beside itself stays.
    """
    if task.id in (changes.get("before_id"), changes.get("after_id")):
        return None
    if "before_id" in changes:
        return before(task, board_id, status, changes["before_id"])
    if "after_id" in changes:
        return after(task, board_id, status, changes["after_id"])
    if "position" in changes:
        return at(task, board_id, status, changes["position"])
    return None


def before(task: Task, board_id: int, status: TaskStatus, before_id: int | None) -> str:
    """A rank directly before the card `before_id` of that column, or at the end when it is None.

    Raises Invalid when that card is not in the column.
    """
    if before_id is None:
        return at_the_end(board_id, status, besides=task.id)
    column = _in_column(board_id, status)
    follower = db.session.scalar(select(Task.position).where(*column, Task.id == before_id))
    if follower is None:
        raise Invalid.field("before_id", f"Task {before_id} is not in that column.")
    leader = _edge(_last_below(status), board_id, task.id, rank=follower)
    return between(column, task.id, leader, follower)


def after(task: Task, board_id: int, status: TaskStatus, after_id: int) -> str:
    """A rank directly after the card `after_id` of that column. Raises Invalid when it is not in the column."""
    column = _in_column(board_id, status)
    leader = db.session.scalar(select(Task.position).where(*column, Task.id == after_id))
    if leader is None:
        raise Invalid.field("after_id", f"Task {after_id} is not in that column.")
    follower = _edge(_first_above(status), board_id, task.id, rank=leader)
    return between(column, task.id, leader, follower)


def at(task: Task, board_id: int, status: TaskStatus, rank: str) -> str:
    """The card's previous rank, or one directly before the card that has taken it since."""
    try:
        validate_order_key(rank)
    except FIError as error:
        raise Invalid.field("position", "That place in the column is not known.") from error
    column = _in_column(board_id, status)
    if not db.session.scalar(select(Task.id).where(*column, Task.position == rank, Task.id != task.id).limit(1)):
        return rank
    leader = _edge(_last_below(status), board_id, task.id, rank=rank)
    return between(column, task.id, leader, rank)
