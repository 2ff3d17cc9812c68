"""Lists of tasks: filtered, sorted and restricted to visible boards in SQL."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from helix.db.read import rows
from helix.extensions import db
from helix.models import Task, TaskTag, TaskTally
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import TaskStatus
from helix.policies.actor import Actor
from helix.services.access import BoardScope, board_scope
from helix.services.tasks import serialize
from helix.services.work.filters import TaskFilter, permitted, reusable
from helix.services.work.lookup import placed
from helix.services.work.positions import statuses_of_column


def listed(actor: Actor, wanted: TaskFilter, *, limit: int, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """One page of tasks as the API serializes them, and the total."""
    scope = board_scope(actor)
    found = serialize.shown_as_found(actor, reusable(_page, wanted)(scope, wanted, limit, offset))
    if offset == 0 and len(found) < limit:
        return found, len(found)
    return found, _total(scope, wanted)


@lru_cache(200)
def _page(scope: BoardScope, wanted: TaskFilter, limit: int, offset: int) -> Any:
    ids = permitted(scope, wanted).with_only_columns(Task.id).limit(limit)
    return serialize.in_order(ids.offset(offset) if offset else ids, wanted.order())


def _total(scope: BoardScope, wanted: TaskFilter) -> int:
    """From the tally table where possible: live tasks of a board by status."""
    if wanted == TaskFilter(wanted.board_id, wanted.statuses, sort=wanted.sort):
        return int(rows(_tallied(scope, wanted.board_id, wanted.statuses))[0][0] or 0)
    narrowed = (scope.includes(Task.board_id), *wanted.conditions())
    return rows(select(func.count(Task.id)).where(*narrowed))[0][0]


@lru_cache(200)
def _tallied(scope: BoardScope, board_id: int | None, statuses: tuple[TaskStatus, ...]) -> Select[Any]:
    of = [scope.includes(TaskTally.board_id)]
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
    query = permitted(board_scope(actor), wanted).where(Task.status.in_(statuses_of_column(status)))
    if after is not None:
        position, task_id = after
        query = query.where(or_(Task.position > position, and_(Task.position == position, Task.id > task_id)))
    return list(db.session.scalars(placed(query).order_by(Task.position, Task.id).limit(limit)))


def tags_of_board(actor: Actor, board_id: int, *, limit: int = 40) -> list[str]:
    """The tags of the tasks on a board that are not archived, the most frequent first."""
    number = func.count(TaskTag.task_id)
    query = (
        select(TaskTag.tag)
        .join(Task, Task.id == TaskTag.task_id)
        .where(Task.board_id == board_id, board_scope(actor).includes(Task.board_id), LIVE_TASK)
        .group_by(TaskTag.tag)
        .order_by(number.desc(), TaskTag.tag)
        .limit(limit)
    )
    return list(db.session.scalars(query))
