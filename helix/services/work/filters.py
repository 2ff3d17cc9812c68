"""Filters of task lists, as SQL that respects what the actor may see."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.sql import nulls_last

from helix.models import Task, TaskTag
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import Priority, TaskStatus
from helix.policies.moves import OPEN
from helix.services import search
from helix.services.access import BoardScope
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
    """Filters and order of a task list. `archived=None` includes both; `sort` is a column, with `-` for descending.

    The tuples are alternatives: a task has one of them. None among `agents` and `people` is nobody, among `due` no due
    date; a moment there is the end (exclusive) of the time within which it is due. `excluded` names the tuples of which
    a task has none. `blocked` leaves the open tasks that wait for others.
    """

    board_id: int | None = None
    statuses: tuple[TaskStatus, ...] = field(default=())
    agents: tuple[int | None, ...] = ()
    people: tuple[int | None, ...] = ()
    priorities: tuple[Priority, ...] = ()
    tags: tuple[str, ...] = ()
    creators: tuple[int, ...] = ()
    due: tuple[datetime | None, ...] = ()
    excluded: frozenset[str] = frozenset()
    archived: bool | None = False
    blocked: bool = False
    due_after: datetime | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None
    updated_from: datetime | None = None
    updated_before: datetime | None = None
    q: str | None = None
    sort: str = "position"

    def within(self, name: str, value: Any) -> "TaskFilter":
        """This filter, for the tasks alone that have `value` in the field of the tuple `name`."""
        values = getattr(self, name)
        if values and (value in values) == (name in self.excluded):
            return replace(self, board_id=0)  # No board has this id: the filter lets none of these tasks through.
        return replace(self, **{name: (value,)}, excluded=self.excluded - {name})

    def conditions(self) -> list[Any]:
        conditions: list[Any] = [LIVE_TASK] if self.archived is False else [Task.deleted_at.is_(None)]
        if self.archived:
            conditions.append(Task.archived)
        if self.board_id is not None:
            conditions.append(Task.board_id == self.board_id)
        conditions += self._alternatives()
        if self.blocked:
            conditions.append(and_(Task.blocked_count > 0, Task.status.in_(OPEN)))
        if self.due_after is not None:
            conditions.append(Task.due_at > self.due_after)
        if self.created_from is not None:
            conditions.append(Task.created_at >= self.created_from)
        if self.created_before is not None:
            conditions.append(Task.created_at < self.created_before)
        if self.updated_from is not None:
            conditions.append(Task.updated_at >= self.updated_from)
        if self.updated_before is not None:
            conditions.append(Task.updated_at < self.updated_before)
        if self.q is not None and (matching := search.matching(self.q)) is not None:
            conditions.append(matching)
        return conditions

    def _alternatives(self) -> list[ColumnElement[bool]]:
        """A condition for each of the tuples that has values."""
        found = {
            "statuses": Task.status.in_(self.statuses),
            "agents": _among(Task.assigned_agent_id, self.agents),
            "people": _among(Task.assigned_user_id, self.people),
            "priorities": _among(Task.priority_rank, [one.rank for one in self.priorities]),
            "creators": _among(Task.created_by_user_id, self.creators),
            "tags": Task.id.in_(select(TaskTag.task_id).where(TaskTag.tag.in_([tidy(tag) for tag in self.tags]))),
            "due": or_(
                false(),
                *[
                    Task.due_at.is_(None) if until is None else and_(Task.due_at.is_not(None), Task.due_at < until)
                    for until in self.due
                ],
            ),
        }
        return [
            ~condition if name in self.excluded else condition
            for name, condition in found.items()
            if getattr(self, name)
        ]

    def order(self) -> list[Any]:
        descending = self.sort.startswith("-")
        name = self.sort.removeprefix("-")
        place = SORTS[name].desc() if descending else SORTS[name].asc()
        # Only due_date is nullable. NULLS LAST on the others would prevent the use of an index.
        return [nulls_last(place) if name == "due_date" else place, Task.id.desc() if descending else Task.id]


def _among(column: Any, values: Sequence[int | None]) -> ColumnElement[bool]:
    """A condition that is never NULL, so that it can be negated: the column has one of the values, None for NULL."""
    known = [value for value in values if value is not None]
    has_one = and_(column.is_not(None), column.in_(known)) if known else false()
    return or_(column.is_(None), has_one) if None in values else has_one


def permitted(scope: BoardScope, wanted: TaskFilter) -> Select[Task]:
    return select(Task).where(scope.includes(Task.board_id), *wanted.conditions())


def reusable(build: Any, wanted: TaskFilter) -> Any:
    """The cached function `build`, or what it wraps when its statement holds for now alone.

    The condition of a search text depends on the present names of agents.
    """
    return build if wanted.q is None else build.__wrapped__
