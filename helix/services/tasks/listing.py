"""Lists of tasks: filtered, sorted and permitted in SQL."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.sql import nulls_last

from helix.extensions import db
from helix.models import Task, TaskTag
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import Priority, TaskStatus
from helix.policies.actor import Actor
from helix.services import search
from helix.services.access import on_visible_boards
from helix.services.tasks.lookup import with_neighbours
from helix.services.tasks.positions import statuses_of_column

SORTS: dict[str, Any] = {
    "position": Task.position,
    "created_at": Task.created_at,
    "updated_at": Task.updated_at,
    "due_date": Task.due_at,
    "priority": Task.priority_rank,
}


@dataclass(frozen=True)
class TaskFilter:
    """What a list is narrowed to. `archived` None gives both; `sort` names a column, with `-` to descend."""

    board_id: int | None = None
    statuses: tuple[TaskStatus, ...] = field(default=())
    assigned_agent_id: int | None = None
    unassigned: bool = False
    archived: bool | None = False
    priority: Priority | None = None
    tag: str | None = None
    created_by: int | None = None
    due_before: datetime | None = None
    due_after: datetime | None = None
    q: str | None = None
    sort: str = "position"

    def conditions(self) -> list[Any]:
        found: list[Any] = [LIVE_TASK] if self.archived is False else [Task.deleted_at.is_(None)]
        if self.archived:
            found.append(Task.archived)
        if self.board_id is not None:
            found.append(Task.board_id == self.board_id)
        if self.statuses:
            found.append(Task.status.in_(self.statuses))
        if self.assigned_agent_id is not None:
            found.append(Task.assigned_agent_id == self.assigned_agent_id)
        if self.unassigned:
            found.append(Task.assigned_agent_id.is_(None))
        if self.priority is not None:
            found.append(Task.priority_rank == self.priority.rank)
        if self.tag is not None:
            found.append(Task.id.in_(select(TaskTag.task_id).where(TaskTag.tag == self.tag.strip().lower())))
        if self.created_by is not None:
            found.append(Task.created_by_user_id == self.created_by)
        if self.due_before is not None:
            found.append(Task.due_at < self.due_before)
        if self.due_after is not None:
            found.append(Task.due_at > self.due_after)
        if self.q is not None and (matching := search.matching(self.q)) is not None:
            found.append(matching)
        return found

    def order(self) -> list[Any]:
        descending = self.sort.startswith("-")
        column = SORTS[self.sort.removeprefix("-")]
        return [nulls_last(column.desc() if descending else column.asc()), Task.id.desc() if descending else Task.id]


def permitted(actor: Actor, wanted: TaskFilter) -> Select[Task]:
    return select(Task).where(on_visible_boards(actor, Task.board_id), *wanted.conditions())


def listed(actor: Actor, wanted: TaskFilter, *, limit: int, offset: int = 0) -> tuple[list[Task], int]:
    """The tasks of one page, and how many there are in all."""
    query = permitted(actor, wanted)
    total = db.session.scalar(query.with_only_columns(func.count(Task.id))) or 0
    rows = db.session.scalars(with_neighbours(query).order_by(*wanted.order()).limit(limit).offset(offset))
    return list(rows), total


def column(
    actor: Actor,
    wanted: TaskFilter,
    status: TaskStatus,
    *,
    limit: int = 50,
    after: tuple[str, int] | None = None,
) -> list[Task]:
    """The cards of one kanban column in their order, from after a (position, id) on."""
    query = permitted(actor, wanted).where(Task.status.in_(statuses_of_column(status)))
    if after is not None:
        position, task_id = after
        query = query.where(or_(Task.position > position, and_(Task.position == position, Task.id > task_id)))
    return list(db.session.scalars(with_neighbours(query).order_by(Task.position, Task.id).limit(limit)))
