"""Positions of cards in a column: an opaque rank between those of the neighbours.

Where many cards were put into one place their ranks grow long, so that all of them get new ones.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from fractional_indexing import FIError, generate_key_between, generate_n_keys_between, validate_order_key
from sqlalchemy import Select, bindparam, func, select, union_all

from helix.db.locking import lock_all
from helix.db.read import rows
from helix.errors import Invalid
from helix.extensions import db
from helix.models import Task
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import TaskStatus

# The column holds 80 characters. A rank grows by one for every five or six cards put into the same place.
LONGEST_RANK = 60
# Number of neighbours on each side that get new ranks too.
NEIGHBOURS = 100
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
    others = (Task.board_id == bindparam("board_id"), Task.id != bindparam("besides"), LIVE_TASK, *beyond)
    edges = [
        select(edge(Task.position).label("rank")).where(Task.status == each, *others)
        for each in statuses_of_column(status)
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
    return _between(column, task.id, leader, follower)


def after(task: Task, board_id: int, status: TaskStatus, after_id: int) -> str:
    """A rank directly after the card `after_id` of that column. Raises Invalid when it is not in the column."""
    column = _in_column(board_id, status)
    leader = db.session.scalar(select(Task.position).where(*column, Task.id == after_id))
    if leader is None:
        raise Invalid.field("after_id", f"Task {after_id} is not in that column.")
    follower = _edge(_first_above(status), board_id, task.id, rank=leader)
    return _between(column, task.id, leader, follower)


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
    return _between(column, task.id, leader, rank)


def _between(column: Sequence[Any], task_id: int, leader: str | None, follower: str | None) -> str:
    """A rank between two that follow each other; `column` is the column as conditions, None one of its ends.

    Inside the transaction of the move. Makes room first where the ranks have grown long.
    """
    rank = generate_key_between(leader, follower)
    return rank if len(rank) <= LONGEST_RANK else _room_between(column, task_id, leader, follower)


def _room_between(column: Sequence[Any], task_id: int, leader: str | None, follower: str | None) -> str:
    others = select(Task.id, Task.position).where(*column, Task.id != task_id)
    downwards = others.order_by(Task.position.desc(), Task.id.desc()).limit(NEIGHBOURS + 1)
    upwards = others.order_by(Task.position, Task.id).limit(NEIGHBOURS + 1)
    before = [] if leader is None else db.session.execute(downwards.where(Task.position <= leader)).all()
    behind = [] if follower is None else db.session.execute(upwards.where(Task.position >= follower)).all()
    # Cards beyond the neighbours keep their ranks.
    lowest = before[NEIGHBOURS].position if len(before) > NEIGHBOURS else None
    highest = behind[NEIGHBOURS].position if len(behind) > NEIGHBOURS else None
    neighbours = [*reversed(before[:NEIGHBOURS]), *behind[:NEIGHBOURS]]
    ranks = generate_n_keys_between(lowest, highest, len(neighbours) + 1)
    own = ranks.pop(len(before[:NEIGHBOURS]))
    was = {row.id: row.position for row in neighbours}
    new = dict(zip(was, ranks, strict=True))
    for card in lock_all(Task, new):
        if card.position == was[card.id]:  # else somebody moved it in this moment
            card.position = new[card.id]
    db.session.flush()
    return own
