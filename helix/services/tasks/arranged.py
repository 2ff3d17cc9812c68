"""The tasks of a board in other layouts: a list in groups, and the days of a calendar.

Both are bounded: the list goes on after a cursor, the calendar has a range and a limit.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select

from helix.db.read import rows
from helix.errors import Invalid
from helix.models import Task
from helix.models.vocabulary import TaskStatus
from helix.policies.actor import Actor
from helix.services.access import board_scope
from helix.services.tasks.columns import COLUMNS, CardRow, cards_with
from helix.services.work.filters import TaskFilter, permitted
from helix.services.work.positions import COLUMN_OF

# They sort after every id and every due date.
LAST_ID = 2**62
FAR = datetime(9998, 1, 1, tzinfo=UTC)
MOMENTS = ("due", "created", "updated")


@dataclass(frozen=True)
class Arrangement:
    """How a list is grouped (status, agent, priority, due or none) and sorted.

    `due_ends` are the ends of the groups by due date, ascending; later dates and none follow as two more groups.
    """

    group: str
    sort: str
    due_ends: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Listed:
    """A page of a list: each card with the key of its group, and the cursor of the next page."""

    cards: list[tuple[int, CardRow]]
    next: str | None


def listed_by(
    actor: Actor, wanted: TaskFilter, arrangement: Arrangement, *, limit: int, after: str | None = None
) -> Listed:
    """The next `limit` cards after a cursor. Raises Invalid for a cursor that is none."""
    group, (sort, descending) = _group(arrangement), _sort(arrangement.sort)
    keys = [(group, False), (sort, descending), (Task.id, False)]
    query = permitted(board_scope(actor), wanted).with_only_columns(Task.id, group.label("key"), sort.label("sort"))
    if after is not None:
        query = query.where(_beyond(keys, _cursor(after, arrangement.sort)))
    query = query.order_by(*[key.desc() if down else key.asc() for key, down in keys]).limit(limit + 1)
    found = rows(query)
    page = found[:limit]
    shown = {row[0]: CardRow._make(row) for row in rows(cards_with([row.id for row in page]))} if page else {}
    cards = [(int(row.key), shown[row.id]) for row in page if row.id in shown]
    return Listed(cards, _written(page[-1]) if len(found) > limit else None)


def due_between(actor: Actor, wanted: TaskFilter, start: datetime, end: datetime, *, limit: int) -> list[CardRow]:
    """The cards due from `start` on and before `end`, the earliest first, up to `limit`."""
    ids = (
        permitted(board_scope(actor), wanted)
        .where(Task.due_at >= start, Task.due_at < end)
        .with_only_columns(Task.id)
        .order_by(Task.due_at, Task.id)
        .limit(limit)
    )
    chosen = [row[0] for row in rows(ids)]
    return [CardRow._make(row) for row in rows(cards_with(chosen).order_by(Task.due_at, Task.id))] if chosen else []


def group_totals(actor: Actor, wanted: TaskFilter, arrangement: Arrangement) -> dict[int, int]:
    """The number of cards in each group, by its key."""
    keys = permitted(board_scope(actor), wanted).with_only_columns(_group(arrangement).label("key")).subquery()
    return {int(key): number for key, number in rows(select(keys.c.key, func.count()).group_by(keys.c.key))}


def _group(arrangement: Arrangement) -> ColumnElement[Any]:
    if arrangement.group == "status":
        places = {str(status): COLUMNS.index(COLUMN_OF.get(status, status)) for status in TaskStatus}
        return case(places, value=Task.status, else_=len(COLUMNS))
    if arrangement.group == "agent":
        return func.coalesce(Task.assigned_agent_id, LAST_ID)
    if arrangement.group == "priority":
        return -Task.priority_rank
    if arrangement.group == "due":
        ends = [(Task.due_at < end, number) for number, end in enumerate(arrangement.due_ends)]
        return case((Task.due_at.is_(None), len(ends) + 1), *ends, else_=len(ends))
    return literal(0)


def _sort(word: str) -> tuple[ColumnElement[Any], bool]:
    """The key, never NULL, and whether it descends."""
    if word == "due":
        return func.coalesce(Task.due_at, literal(FAR, Task.due_at.type)), False
    found: dict[str, tuple[Any, bool]] = {
        "priority": (Task.priority_rank, True),
        "created": (Task.created_at, True),
        "updated": (Task.updated_at, True),
        "title": (Task.title, False),
    }
    return found.get(word, (Task.position, False))


def _beyond(keys: Sequence[tuple[Any, bool]], values: Sequence[Any]) -> ColumnElement[bool]:
    """The condition that a row comes after the one with these values, in the order of the keys."""
    (key, down), *others = keys
    value, *rest = values
    later = key < value if down else key > value
    return or_(later, and_(key == value, _beyond(others, rest))) if others else later


def _written(row: Any) -> str:
    sort = row.sort.isoformat() if isinstance(row.sort, datetime) else row.sort
    return json.dumps([int(row.key), sort, row.id])


def _cursor(text: str, sort: str) -> list[Any]:
    wrong = Invalid.field("after", "That place in the list is not known.")
    try:
        key, value, task_id = json.loads(text)
        if sort in MOMENTS:
            value = datetime.fromisoformat(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise wrong from error
    kind = datetime if sort in MOMENTS else int if sort == "priority" else str
    if not isinstance(value, kind) or (isinstance(value, datetime) and value.tzinfo is None) or "\x00" in str(value):
        raise wrong
    if not all(isinstance(number, int) and abs(number) <= LAST_ID for number in (key, task_id)):
        raise wrong
    if isinstance(value, int) and abs(value) > LAST_ID:
        raise wrong
    return [key, value, task_id]
