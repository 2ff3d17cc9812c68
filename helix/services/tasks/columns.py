"""The cards of a whole board in one statement, at a cost that does not grow with the number of tasks."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import String, case, cast, func, select, union_all

from helix.db.read import rows
from helix.extensions import db
from helix.models import Agent, Board, Comment, Run, Task, User
from helix.models.vocabulary import RunStatus, TaskStatus
from helix.policies.actor import Actor
from helix.services.access import BoardScope, board_scope
from helix.services.work.filters import TaskFilter, permitted, reusable
from helix.services.work.lookup import placed
from helix.services.work.positions import COLUMN_OF

COLUMNS = tuple(status for status in TaskStatus if status not in COLUMN_OF)


class CardRow(NamedTuple):
    """The columns of a task that a card shows, as a value. `tags` is JSON text.

    `feedback`: the words with which it was sent back, while it is.
    """

    id: int
    board_key: str | None
    version: int
    title: str
    status: TaskStatus
    priority_rank: int
    board_id: int
    position: str
    created_by_user_id: int | None
    due_at: datetime | None
    tags: str
    comment_count: int
    attachment_count: int
    result_truncated: bool
    assigned_user_id: int | None
    person_name: str | None
    person_closed_at: datetime | None
    agent_id: int | None
    agent_name: str | None
    agent_deleted_at: datetime | None
    run_id: int | None
    run_status: RunStatus | None
    run_message: str | None
    run_attempt: int | None
    run_started_at: datetime | None
    feedback: str | None
    blocked_count: int
    run_when_ready: bool


@dataclass(frozen=True)
class Column:
    """The first cards of a column, and whether more follow."""

    status: TaskStatus
    cards: list[CardRow]
    more: bool


def columns(actor: Actor, wanted: TaskFilter, *, limit: int = 50) -> list[Column]:
    """Six columns with up to `limit` cards each, in their order."""
    found: dict[TaskStatus, list[CardRow]] = {status: [] for status in COLUMNS}
    for row in rows(reusable(_first_cards, wanted)(board_scope(actor), wanted, limit + 1)):
        card = CardRow._make(row)
        found[COLUMN_OF.get(card.status, card.status)].append(card)
    return [Column(status, cards[:limit], len(cards) > limit) for status, cards in found.items()]


@lru_cache(200)
def _first_cards(scope: BoardScope, wanted: TaskFilter, most: int) -> Any:
    # One subquery per status: each reads the index in order and stops at the limit.
    first = [
        permitted(scope, wanted)
        .where(Task.status == status)
        .with_only_columns(Task.id)
        .order_by(Task.position, Task.id)
        .limit(most)
        .subquery()
        for status in TaskStatus
    ]
    return cards_with(union_all(*(select(part.c.id) for part in first))).order_by(Task.position, Task.id)


def cards_with(ids: Any) -> Any:
    """Select `CardRow`s of the tasks with these ids."""
    feedback = (
        select(Comment.content)
        .where(Comment.task_id == Task.id, Comment.kind == "feedback")
        .order_by(Comment.id.desc())
        .limit(1)
        .correlate(Task)
        .scalar_subquery()
    )
    return (
        select(
            Task.id,
            Board.key,
            Task.version,
            Task.title,
            Task.status,
            Task.priority_rank,
            Task.board_id,
            Task.position,
            Task.created_by_user_id,
            Task.due_at,
            cast(Task.tags, String),
            Task.comment_count,
            Task.attachment_count,
            Task.result_truncated,
            Task.assigned_user_id,
            User.name,
            User.closed_at,
            Task.assigned_agent_id,
            Agent.name,
            Agent.deleted_at,
            Run.id,
            Run.status,
            Run.message,
            Run.attempt,
            Run.started_at,
            case((Task.status == TaskStatus.REJECTED, feedback)),
            Task.blocked_count,
            Task.run_when_ready,
        )
        .join(Board, Board.id == Task.board_id)
        .outerjoin(Agent, Agent.id == Task.assigned_agent_id)
        .outerjoin(User, User.id == Task.assigned_user_id)
        .outerjoin(Run, Run.id == Task.last_run_id)
        .where(Task.id.in_(ids))
    )


def column_totals(actor: Actor, wanted: TaskFilter) -> dict[TaskStatus, int]:
    """Number of cards per column after filtering. Without a filter, the tally tables are cheaper."""
    query = (
        permitted(board_scope(actor), wanted).with_only_columns(Task.status, func.count(Task.id)).group_by(Task.status)
    )
    totals = dict.fromkeys(COLUMNS, 0)
    for status, number in db.session.execute(query):
        totals[COLUMN_OF.get(status, status)] += number
    return totals


def feedback(task_ids: list[int]) -> dict[int, str]:
    """The feedback with which each of these tasks was last sent back."""
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
    """The tasks with these ids that match the filter and that the actor may see."""
    query = permitted(board_scope(actor), wanted).where(Task.id.in_(task_ids)).order_by(Task.position, Task.id)
    return list(db.session.scalars(placed(query)))
