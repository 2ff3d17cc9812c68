"""What an agent has done, as far as whoever asks may see the boards that it was done on."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from helix import clock
from helix.extensions import db
from helix.models import Run, Task
from helix.models.vocabulary import RunStatus, TaskStatus
from helix.policies.actor import Actor
from helix.services import budgets, settings
from helix.services.access import on_visible_boards
from helix.services.agents.lookup import get
from helix.services.elapsed import minutes_between
from helix.services.paging import Found, Page, newest_first
from helix.services.tasks.listing import TaskFilter, permitted
from helix.services.tasks.lookup import with_neighbours


def stats(actor: Actor, agent_id: int) -> dict[str, Any]:
    """As the contract writes them. Days, weeks (from Monday) and months are those of the organization's zone.

    `success_rate` is 0..1 of the runs that ended by themselves; it and `average_completion_minutes` (from a task's
    creation to its completion) are None while there is nothing to tell.
    """
    get(agent_id)
    return {**_tasks(actor, agent_id), **_runs(actor, agent_id)}


def tasks_of(actor: Actor, agent_id: int, wanted: TaskFilter, page: Page) -> Found[Task]:
    """The agent's tasks that the actor sees, newest first. `wanted` must name the agent."""
    get(agent_id)
    return newest_first(permitted(actor, wanted), Task.id, page, with_neighbours=with_neighbours)


def _tasks(actor: Actor, agent_id: int) -> dict[str, Any]:
    week, month = _beginnings()
    mine = (Task.assigned_agent_id == agent_id, Task.deleted_at.is_(None), on_visible_boards(actor, Task.board_id))
    completed = select(
        func.count(),
        func.count().filter(Task.completed_at >= week),
        func.count().filter(Task.completed_at >= month),
        func.avg(minutes_between(Task.created_at, Task.completed_at)),
    ).where(*mine, Task.completed_at.is_not(None))
    total, this_week, this_month, average = db.session.execute(completed).one()
    by_status = select(Task.status, func.count()).where(*mine, ~Task.archived).group_by(Task.status)
    found = {str(status): number for status, number in db.session.execute(by_status)}
    return {
        "tasks_completed": {"total": total, "this_week": this_week, "this_month": this_month},
        "tasks_by_status": {str(status): found.get(str(status), 0) for status in TaskStatus},
        "average_completion_minutes": None if average is None else round(float(average), 1),
    }


def _runs(actor: Actor, agent_id: int) -> dict[str, Any]:
    this_month = Run.budget_month == budgets.month_now()
    query = select(
        func.count(),
        func.count().filter(Run.status == RunStatus.SUCCEEDED),
        func.count().filter(Run.status == RunStatus.FAILED),
        func.count().filter(Run.status == RunStatus.CANCELLED),
        func.coalesce(func.sum(Run.input_tokens), 0),
        func.coalesce(func.sum(Run.output_tokens), 0),
        func.sum(Run.cost_usd),
        func.sum(Run.cost_usd).filter(this_month),
    ).where(Run.agent_id == agent_id)
    if not actor.is_admin:
        query = query.join(Task, Task.id == Run.task_id).where(on_visible_boards(actor, Task.board_id))
    total, succeeded, failed, cancelled, tokens_in, tokens_out, cost, cost_now = db.session.execute(query).one()
    ended = succeeded + failed
    return {
        "success_rate": round(succeeded / ended, 4) if ended else None,
        "runs": {"total": total, "succeeded": succeeded, "failed": failed, "cancelled": cancelled},
        "tokens": {"input": int(tokens_in), "output": int(tokens_out)},
        "cost_usd": {"total": float(cost or Decimal(0)), "this_month": float(cost_now or Decimal(0))},
    }


def _beginnings() -> tuple[datetime, datetime]:
    """When this week and this month began, in the organization's zone."""
    today = clock.now().astimezone(settings.zone()).replace(hour=0, minute=0, second=0, microsecond=0)
    # Days are taken off a wall clock, so that a change to summer time moves nothing.
    return today - timedelta(days=today.weekday()), today.replace(day=1)
