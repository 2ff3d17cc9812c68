"""Where a card stands in its column: an opaque rank between those of its neighbours."""

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

# A rejected task stands in To Do.
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
    """Behind all cards of the column; `besides` is the id of one that does not count."""
    return behind(_edge(last(status), board_id, besides))


def behind(rank: str | None) -> str:
    """The next one after the last rank of a column; None: it is empty."""
    return generate_key_between(rank, None)


@cache
def last(status: TaskStatus) -> Select[Any]:
    """The last rank of the column of `status` on the board `board_id`, the card `besides` left out."""
    return _edge_of(status, func.max)


@cache
def _last_below(status: TaskStatus) -> Select[Any]:
    return _edge_of(status, func.max, Task.position < bindparam("rank"))


@cache
def _first_above(status: TaskStatus) -> Select[Any]:
    return _edge_of(status, func.min, Task.position > bindparam("rank"))


def _edge_of(status: TaskStatus, edge: Any, *beyond: Any) -> Select[Any]:
    """Of each status by itself: each is the end of an index. For several at once the whole board may be read."""
    here = (Task.board_id == bindparam("board_id"), Task.id != bindparam("besides"), LIVE_TASK, *beyond)
    edges = [
        select(edge(Task.position).label("rank")).where(Task.status == one, *here) for one in statuses_of_column(status)
    ]
    return edges[0] if len(edges) == 1 else select(edge(union_all(*edges).subquery().c.rank))


def _edge(statement: Select[Any], board_id: int, besides: int, **more: str) -> str | None:
    return rows(statement, board_id=board_id, besides=besides, **more)[0][0]


def wanted(task: Task, board_id: int, status: TaskStatus, changes: dict[str, Any]) -> str | None:
    """The rank that `before_id`, `after_id` or `position` ask for; None to leave the card where it is.

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
    """A rank just before the card `before_id` of that column; at the end when it is None.

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
    """A rank just behind the card `after_id` of that column. Raises Invalid when it is not in the column."""
    column = _in_column(board_id, status)
    leader = db.session.scalar(select(Task.position).where(*column, Task.id == after_id))
    if leader is None:
        raise Invalid.field("after_id", f"Task {after_id} is not in that column.")
    follower = _edge(_first_above(status), board_id, task.id, rank=leader)
    return between(column, task.id, leader, follower)


def at(task: Task, board_id: int, status: TaskStatus, rank: str) -> str:
    """The rank that a card had before; just before the one that has taken it since."""
    try:
        validate_order_key(rank)
    except FIError as error:
        raise Invalid.field("position", "That place in the column is not known.") from error
    column = _in_column(board_id, status)
    if not db.session.scalar(select(Task.id).where(*column, Task.position == rank, Task.id != task.id).limit(1)):
        return rank
    leader = _edge(_last_below(status), board_id, task.id, rank=rank)
    return between(column, task.id, leader, rank)
