"""The cards of a whole board in one statement, however many columns it has and however full they are."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, union_all

from helix.extensions import db
from helix.models import Comment, Task
from helix.models.vocabulary import TaskStatus
from helix.policies.actor import Actor
from helix.services.tasks.listing import TaskFilter, permitted
from helix.services.tasks.lookup import placed
from helix.services.tasks.positions import COLUMN_OF
from helix.services.tasks.shape import as_cards

COLUMNS = tuple(status for status in TaskStatus if status not in COLUMN_OF)


@dataclass(frozen=True)
class Column:
    """The first cards of a column, in the contract's shape but for long texts, and whether more follow."""

    status: TaskStatus
    tasks: list[dict[str, Any]]
    more: bool


def columns(actor: Actor, wanted: TaskFilter, *, limit: int = 50) -> list[Column]:
    """Six columns with up to `limit` cards each, in their order."""
    # One part a status: each is read off the index in its order, and stops at the limit.
    first = [
        permitted(actor, wanted)
        .where(Task.status == status)
        .with_only_columns(Task.id)
        .order_by(Task.position, Task.id)
        .limit(limit + 1)
        .subquery()
        for status in TaskStatus
    ]
    ids = union_all(*(select(part.c.id) for part in first))
    found: dict[TaskStatus, list[dict[str, Any]]] = {status: [] for status in COLUMNS}
    for task in as_cards(actor, ids, [Task.position, Task.id]):
        status: TaskStatus = task["status"]
        found[COLUMN_OF.get(status, status)].append(task)
    return [Column(status, cards[:limit], len(cards) > limit) for status, cards in found.items()]


def column_totals(actor: Actor, wanted: TaskFilter) -> dict[TaskStatus, int]:
    """How many cards the filter leaves in each column. Without a filter the tallies know that for less."""
    query = permitted(actor, wanted).with_only_columns(Task.status, func.count(Task.id)).group_by(Task.status)
    totals = dict.fromkeys(COLUMNS, 0)
    for status, number in db.session.execute(query):
        totals[COLUMN_OF.get(status, status)] += number
    return totals


def feedback(task_ids: list[int]) -> dict[int, str]:
    """The words that each of these tasks was last sent back with."""
    if not task_ids:
        return {}
    newest = (
        select(func.max(Comment.id))
        .where(Comment.task_id.in_(task_ids), Comment.kind == "feedback")
        .group_by(Comment.task_id)
    )
    rows = db.session.execute(select(Comment.task_id, Comment.content).where(Comment.id.in_(newest)))
    return {row.task_id: row.content for row in rows}


def some(actor: Actor, wanted: TaskFilter, task_ids: Collection[int]) -> list[Task]:
    """Those of these tasks that hang where `wanted` looks and that the actor sees."""
    query = permitted(actor, wanted).where(Task.id.in_(task_ids)).order_by(Task.position, Task.id)
    return list(db.session.scalars(placed(query)))
