"""Lists of tasks: filtered, sorted and permitted in SQL."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.sql import nulls_last

from helix.db.read import rows
from helix.extensions import db
from helix.models import Task, TaskTag, TaskTally
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import Priority, TaskStatus
from helix.policies.actor import Actor
from helix.services import search
from helix.services.access import on_visible_boards
from helix.services.tasks import serialize
from helix.services.work.lookup import placed
from helix.services.work.positions import statuses_of_column
from helix.text.tags import tidy

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
            found.append(Task.id.in_(select(TaskTag.task_id).where(TaskTag.tag == tidy(self.tag))))
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
        name = self.sort.removeprefix("-")
        place = SORTS[name].desc() if descending else SORTS[name].asc()
        # Of those columns one may be empty. For the others it would only keep an index from being used.
        return [nulls_last(place) if name == "due_date" else place, Task.id.desc() if descending else Task.id]


def permitted(actor: Actor, wanted: TaskFilter) -> Select[Task]:
    return select(Task).where(on_visible_boards(actor, Task.board_id), *wanted.conditions())


def listed(actor: Actor, wanted: TaskFilter, *, limit: int, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """The tasks of one page as the contract writes them, and how many there are in all."""
    found = serialize.shown_as_found(actor, _page(actor, wanted, limit, offset))
    if offset == 0 and len(found) < limit:
        return found, len(found)
    return found, _total(actor, wanted)


def _page(actor: Actor, wanted: TaskFilter, limit: int, offset: int) -> Any:
    ids = permitted(actor, wanted).with_only_columns(Task.id).limit(limit)
    return serialize.in_order(ids.offset(offset) if offset else ids, wanted.order())


def _total(actor: Actor, wanted: TaskFilter) -> int:
    """From the ledger where that knows it: live tasks of a board in some statuses."""
    if wanted == TaskFilter(wanted.board_id, wanted.statuses, sort=wanted.sort):
        return int(rows(_tallied(actor, wanted.board_id, wanted.statuses))[0][0] or 0)
    narrowed = (on_visible_boards(actor, Task.board_id), *wanted.conditions())
    return rows(select(func.count(Task.id)).where(*narrowed))[0][0]


def _tallied(actor: Actor, board_id: int | None, statuses: tuple[TaskStatus, ...]) -> Select[Any]:
    of = [on_visible_boards(actor, TaskTally.board_id)]
    if board_id is not None:
        of.append(TaskTally.board_id == board_id)
    if statuses:
        of.append(TaskTally.status.in_(statuses))
    return select(func.sum(TaskTally.amount)).where(*of)


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
    return list(db.session.scalars(placed(query).order_by(Task.position, Task.id).limit(limit)))
