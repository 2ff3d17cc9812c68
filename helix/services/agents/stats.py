"""An agent's tasks, runs and statistics, limited to the boards that the actor may see."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import case, func, literal, or_, select, true
from sqlalchemy.orm import joinedload

from helix import clock
from helix.extensions import db
from helix.models import Run, Task
from helix.models.vocabulary import RunStatus, TaskStatus
from helix.policies.actor import Actor
from helix.policies.moves import OPEN
from helix.services import budgets
from helix.services.access import board_scope, on_visible_boards
from helix.services.agents.lookup import get
from helix.services.paging import Page, PageRequest, newest_first
from helix.services.sql_functions import minutes_between
from helix.services.work.filters import TaskFilter, permitted
from helix.services.work.lookup import with_neighbours
from helix.text import times


def stats(actor: Actor, agent_id: int) -> dict[str, Any]:
    """The API's statistics. Days, weeks (from Monday) and months are those of the organization's time zone.

    `success_rate` is the share (0..1) of runs that succeeded among those that succeeded or failed. It and
    `average_completion_minutes` (from creation to completion of a task) are None without data.
    """
    get(agent_id)
    return {**_tasks(actor, agent_id), **_totals(_runs_by_day(actor, agent_id))}


def tasks_of(actor: Actor, agent_id: int, filters: TaskFilter, page: PageRequest) -> Page[Task]:
    """The agent's tasks that the actor sees, newest first. The filter must name the agent."""
    get(agent_id)
    return newest_first(permitted(board_scope(actor), filters), Task.id, page, with_neighbours=with_neighbours)


def _tasks(actor: Actor, agent_id: int) -> dict[str, Any]:
    today = times.today(clock.now(), actor.zone)
    week, month = (
        times.start_of_day(first(today), actor.zone) for first in (times.start_of_week, times.start_of_month)
    )
    visible = (Task.assigned_agent_id == agent_id, Task.deleted_at.is_(None), on_visible_boards(actor, Task.board_id))
    done = Task.completed_at.is_not(None)
    rows = db.session.execute(
        select(
            Task.status,
            func.count().filter(~Task.archived),
            func.count().filter(done),
            func.count().filter(Task.completed_at >= week),
            func.count().filter(Task.completed_at >= month),
            func.sum(minutes_between(Task.created_at, Task.completed_at)).filter(done),
        )
        .where(*visible)
        .group_by(Task.status)
    ).all()
    by_status = {str(row[0]): row[1] for row in rows}
    total, this_week, this_month = (sum(int(row[place]) for row in rows) for place in (2, 3, 4))
    average = sum(float(row[5] or 0) for row in rows) / total if total else None
    return {
        "tasks_completed": {"total": total, "this_week": this_week, "this_month": this_month},
        "tasks_by_status": {str(status): by_status.get(str(status), 0) for status in TaskStatus},
        "average_completion_minutes": None if average is None else round(average, 1),
    }


def stats_by_day(actor: Actor, agent_id: int, *, days: int = 30) -> dict[str, Any]:
    """`stats`, and in `days` for each of the last days in the organization's time zone: `date`, `succeeded`, `failed`
    and `cost_usd` of the runs that ended on it. Two queries, whatever the number of runs.
    """
    get(agent_id)
    today = times.today(clock.now(), actor.zone)
    dates = [today - timedelta(days=ago) for ago in reversed(range(days))]
    rows = _runs_by_day(actor, agent_id, [times.start_of_day(day, actor.zone) for day in dates])
    by_day = {row.day: row for row in rows}
    history = [
        {
            "date": day,
            "succeeded": by_day[n].succeeded if n in by_day else 0,
            "failed": by_day[n].failed if n in by_day else 0,
            "cost_usd": float((by_day[n].cost if n in by_day else None) or Decimal(0)),
        }
        for n, day in enumerate(dates)
    ]
    return {**_tasks(actor, agent_id), **_totals(rows), "days": history}


def _runs_by_day(actor: Actor, agent_id: int, starts: Sequence[datetime] = ()) -> Sequence[Any]:
    """Group runs by `day`: the index into `starts` of the day they ended on, or -1 when unfinished or earlier."""
    earlier = or_(Run.finished_at.is_(None), Run.finished_at < starts[0]) if starts else true()
    later = ((Run.finished_at < end, literal(n)) for n, end in enumerate(starts[1:]))
    day = case((earlier, literal(-1)), *later, else_=literal(len(starts) - 1))
    query = select(
        day.label("day"),
        func.count().label("total"),
        func.count().filter(Run.status == RunStatus.SUCCEEDED).label("succeeded"),
        func.count().filter(Run.status == RunStatus.FAILED).label("failed"),
        func.count().filter(Run.status == RunStatus.CANCELLED).label("cancelled"),
        func.sum(Run.input_tokens).label("tokens_in"),
        func.sum(Run.output_tokens).label("tokens_out"),
        func.sum(Run.cost_usd).label("cost"),
        func.sum(Run.cost_usd).filter(Run.budget_month == budgets.month_now(actor.zone)).label("cost_now"),
    ).where(Run.agent_id == agent_id)
    if not actor.is_admin:
        query = query.join(Task, Task.id == Run.task_id).where(on_visible_boards(actor, Task.board_id))
    return db.session.execute(query.group_by("day")).all()


def _totals(rows: Sequence[Any]) -> dict[str, Any]:
    def all_of(name: str) -> Any:
        return sum((getattr(row, name) or 0 for row in rows), 0)

    succeeded, failed = all_of("succeeded"), all_of("failed")
    completed = succeeded + failed
    return {
        "success_rate": round(succeeded / completed, 4) if completed else None,
        "runs": {
            "total": all_of("total"),
            "succeeded": succeeded,
            "failed": failed,
            "cancelled": all_of("cancelled"),
        },
        "tokens": {"input": int(all_of("tokens_in")), "output": int(all_of("tokens_out"))},
        "cost_usd": {"total": float(all_of("cost")), "this_month": float(all_of("cost_now"))},
    }


def open_tasks(actor: Actor, agent_id: int, limit: int) -> list[Task]:
    """The agent's newest open tasks that the actor sees, without a total."""
    filters = TaskFilter(agents=(agent_id,), statuses=OPEN)
    query = with_neighbours(permitted(board_scope(actor), filters)).order_by(Task.id.desc()).limit(limit)
    return list(db.session.scalars(query))


def runs_of(actor: Actor, agent_id: int, page: PageRequest) -> Page[Run]:
    """The agent's runs on tasks that the actor sees, newest first."""
    get(agent_id)
    query = select(Run).where(Run.agent_id == agent_id)
    return newest_first(
        _on_visible_tasks(actor, query),
        Run.id,
        page,
        with_neighbours=lambda query: query.options(joinedload(Run.agent)),
    )


def task_titles(actor: Actor, runs: list[Run]) -> dict[int, str]:
    """The titles of the runs' tasks, by task id, without deleted ones."""
    query = select(Task.id, Task.title).where(
        Task.id.in_({run.task_id for run in runs}), Task.deleted_at.is_(None), on_visible_boards(actor, Task.board_id)
    )
    return dict(db.session.execute(query).all())


def _on_visible_tasks(actor: Actor, query: Any) -> Any:
    if actor.is_admin:
        return query
    return query.join(Task, Task.id == Run.task_id).where(on_visible_boards(actor, Task.board_id))
