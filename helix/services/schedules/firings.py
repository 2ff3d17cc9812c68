"""What became of the times of schedules."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, literal, select, union_all

from helix import clock
from helix.clock import iso
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.db.write import write
from helix.models import Board, Run, ScheduleFiring, Task, WorkflowRun
from helix.models.vocabulary import FiringState, TaskStatus, WorkflowState
from helix.policies.actor import Actor
from helix.services.access import on_visible_boards
from helix.services.schedules.lookup import get
from helix.text import task_keys, times

KEPT = timedelta(days=90)
PURGED_AT_ONCE = 5000


@dataclass(frozen=True)
class Firing:
    """A time of a schedule. The task is None where none was created, or it is gone or not for the actor to see."""

    due_at: datetime
    state: FiringState
    reason: str | None
    created_at: datetime
    task_id: int | None
    task_key: str | None
    task_title: str | None
    task_status: TaskStatus | None
    workflow_run_id: int | None
    run_state: WorkflowState | None


def firings(actor: Actor, schedule_id: int, *, limit: int, offset: int = 0) -> tuple[list[Firing], int]:
    """The firings of a schedule, newest first, and how many there are."""
    get(actor, schedule_id)
    of_it = ScheduleFiring.schedule_id == schedule_id
    query = _with_tasks(actor).where(of_it).order_by(ScheduleFiring.due_at.desc()).limit(limit).offset(offset)
    total = rows(select(func.count()).select_from(ScheduleFiring).where(of_it))[0][0]
    return [_firing(row) for row in rows(query)], total


def firing(actor: Actor, schedule_id: int, due_at: datetime) -> Firing:
    query = _with_tasks(actor).where(ScheduleFiring.schedule_id == schedule_id, ScheduleFiring.due_at == due_at)
    return _firing(rows(query)[0])


def latest(actor: Actor, schedule_ids: Collection[int], *, each: int = 30) -> dict[int, list[Firing]]:
    """The latest firings of schedules that the actor sees, oldest first. One query."""
    if not schedule_ids:
        return {}
    parts = [
        select(literal(id).label("schedule_id"), ScheduleFiring.due_at)
        .where(ScheduleFiring.schedule_id == id)
        .order_by(ScheduleFiring.due_at.desc())
        .limit(each)
        .subquery()
        .select()
        for id in schedule_ids
    ]
    last = union_all(*parts).subquery()
    of_it = (last.c.schedule_id == ScheduleFiring.schedule_id) & (last.c.due_at == ScheduleFiring.due_at)
    query = _with_tasks(actor).join(last, of_it).order_by(ScheduleFiring.due_at)
    found: dict[int, list[Firing]] = {id: [] for id in schedule_ids}
    for row in rows(query):
        found[row.schedule_id].append(_firing(row))
    return found


def spent_this_month(schedule_ids: Collection[int], zone: str) -> dict[int, Decimal]:
    """What the runs of their tasks, and of the workflows that they start, have cost since the month began, USD."""
    if not schedule_ids:
        return {}
    since = times.month_bounds(times.today(clock.now(), zone), zone).start
    query = (
        select(Task.schedule_id, func.sum(Run.counted_usd))
        .join(Run, Run.task_id == Task.id)
        .where(Task.schedule_id.in_(schedule_ids), Run.finished_at >= since)
        .group_by(Task.schedule_id)
    )
    of_workflows = (
        select(ScheduleFiring.schedule_id, func.sum(Run.counted_usd))
        .join(Task, Task.workflow_run_id == ScheduleFiring.workflow_run_id)
        .join(Run, Run.task_id == Task.id)
        .where(ScheduleFiring.schedule_id.in_(schedule_ids), Run.finished_at >= since)
        .group_by(ScheduleFiring.schedule_id)
    )
    spent = dict.fromkeys(schedule_ids, Decimal(0))
    for id, amount in rows(union_all(query, of_workflows)):
        spent[id] += amount or Decimal(0)
    return spent


def serialize(one: Firing) -> dict[str, Any]:
    """The API representation."""
    return {
        "due_at": iso(one.due_at),
        "state": one.state,
        "reason": one.reason,
        "task_id": one.task_id,
        "task_key": one.task_key,
        "task_title": one.task_title,
        "task_status": one.task_status,
        "workflow_run_id": one.workflow_run_id,
        "run_state": one.run_state,
        "created_at": iso(one.created_at),
    }


def purge() -> int:
    """For the scheduler: delete firings after 90 days, some at a time. Returns how many."""
    old = select(ScheduleFiring.schedule_id, ScheduleFiring.due_at).where(
        ScheduleFiring.created_at < clock.now() - KEPT
    )
    found = rows(old.limit(PURGED_AT_ONCE))
    by_schedule: dict[int, list[datetime]] = {}
    for row in found:
        by_schedule.setdefault(row.schedule_id, []).append(row.due_at)
    with transaction():
        for schedule_id, due in by_schedule.items():
            write(
                delete(ScheduleFiring).where(ScheduleFiring.schedule_id == schedule_id, ScheduleFiring.due_at.in_(due))
            )
    return len(found)


def _with_tasks(actor: Actor) -> Any:
    visible = Task.deleted_at.is_(None) & on_visible_boards(actor, Task.board_id)
    return (
        select(
            *ScheduleFiring.__table__.c,
            Task.id.label("visible_task_id"),
            Task.title,
            Task.status.label("task_status"),
            Board.key.label("board_key"),
            WorkflowRun.id.label("visible_run_id"),
            WorkflowRun.state.label("run_state"),
        )
        .select_from(ScheduleFiring)
        .outerjoin(Task, (Task.id == ScheduleFiring.task_id) & visible)
        .outerjoin(Board, Board.id == Task.board_id)
        .outerjoin(
            WorkflowRun,
            (WorkflowRun.id == ScheduleFiring.workflow_run_id) & on_visible_boards(actor, WorkflowRun.board_id),
        )
    )


def _firing(row: Any) -> Firing:
    seen = row.visible_task_id
    return Firing(
        row.due_at,
        row.state,
        row.reason,
        row.created_at,
        seen,
        task_keys.readable(row.board_key, seen) if seen else None,
        row.title,
        row.task_status,
        row.visible_run_id,
        row.run_state,
    )
