"""Swimlanes of a board: one per agent or per priority."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import case, func, or_, select

from helix.extensions import db
from helix.models import Task
from helix.models.vocabulary import TaskStatus
from helix.policies.actor import Actor
from helix.services.access import board_scope
from helix.services.tasks.columns import COLUMNS
from helix.services.work.filters import TaskFilter, permitted
from helix.services.work.lookup import placed
from helix.services.work.positions import COLUMN_OF

# Key of a lane: an agent's id (None for unassigned), or a priority's rank.
Key = int | None
Cell = tuple[Key, TaskStatus]
CUTS: Mapping[str, Any] = {"agent": Task.assigned_agent_id, "priority": Task.priority_rank}
_column = case(dict(COLUMN_OF), value=Task.status, else_=Task.status)


def lane_totals(actor: Actor, wanted: TaskFilter, by: str) -> dict[Key, dict[TaskStatus, int]]:
    """Number of cards per lane and column, without empty lanes."""
    cut = CUTS[by]
    query = (
        permitted(board_scope(actor), wanted)
        .with_only_columns(cut, Task.status, func.count(Task.id))
        .group_by(cut, Task.status)
    )
    totals: dict[Key, dict[TaskStatus, int]] = {}
    for key, status, number in db.session.execute(query):
        lane = totals.setdefault(key, dict.fromkeys(COLUMNS, 0))
        lane[COLUMN_OF.get(status, status)] += number
    return totals


def lane_cards(
    actor: Actor, wanted: TaskFilter, by: str, keys: Collection[Key], *, limit: int
) -> dict[Cell, list[Task]]:
    """The first `limit` cards of every cell of these lanes, in order, in one statement."""
    cut = CUTS[by]
    known = cut.in_([key for key in keys if key is not None])
    place = func.row_number().over(partition_by=(cut, _column), order_by=(Task.position, Task.id)).label("place")
    numbered = (
        permitted(board_scope(actor), wanted)
        .where(or_(known, cut.is_(None)) if None in keys else known)
        .with_only_columns(Task.id, place)
        .subquery()
    )
    first = select(numbered.c.id).where(numbered.c.place <= limit)
    query = placed(select(Task).where(Task.id.in_(first))).order_by(Task.position, Task.id)
    cells: dict[Cell, list[Task]] = {}
    for task in db.session.scalars(query):
        key = task.assigned_agent_id if by == "agent" else task.priority_rank
        cells.setdefault((key, COLUMN_OF.get(task.status, task.status)), []).append(task)
    return cells
