"""How an agent did from day to day, and its runs, as far as whoever asks may see their boards."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, literal, select
from sqlalchemy.orm import joinedload

from helix import clock
from helix.extensions import db
from helix.models import Run, Task
from helix.models.vocabulary import RunStatus
from helix.policies.actor import Actor
from helix.policies.moves import OPEN
from helix.services.access import on_visible_boards
from helix.services.agents.lookup import get
from helix.services.paging import Found, Page, newest_first
from helix.services.tasks.listing import TaskFilter, permitted
from helix.services.tasks.lookup import with_neighbours


def history(actor: Actor, agent_id: int, *, days: int = 30) -> list[dict[str, Any]]:
    """Each of the last `days` days of the organization's zone: `date`, `succeeded`, `failed` and `cost_usd` of the
    runs that ended on it. One statement, whatever the number of runs.
    """
    get(agent_id)
    starts = _midnights(days, ZoneInfo(actor.zone))
    day = case(*((Run.finished_at < end, literal(n)) for n, end in enumerate(starts[1:])), else_=literal(days - 1))
    query = (
        select(
            day.label("day"),
            func.count().filter(Run.status == RunStatus.SUCCEEDED).label("succeeded"),
            func.count().filter(Run.status == RunStatus.FAILED).label("failed"),
            func.sum(Run.cost_usd).label("cost"),
        )
        .where(Run.agent_id == agent_id, Run.finished_at >= starts[0])
        .group_by("day")
    )
    found = {row.day: row for row in db.session.execute(_seen(actor, query))}
    return [
        {
            "date": start.date(),
            "succeeded": found[n].succeeded if n in found else 0,
            "failed": found[n].failed if n in found else 0,
            "cost_usd": float((found[n].cost if n in found else None) or Decimal(0)),
        }
        for n, start in enumerate(starts)
    ]


def open_tasks(actor: Actor, agent_id: int, limit: int) -> list[Task]:
    """Its newest open tasks that the actor sees, for a glance: not counted."""
    wanted = TaskFilter(assigned_agent_id=agent_id, statuses=OPEN)
    query = with_neighbours(permitted(actor, wanted)).order_by(Task.id.desc()).limit(limit)
    return list(db.session.scalars(query))


def runs_of(actor: Actor, agent_id: int, page: Page) -> Found[Run]:
    """The agent's runs whose task the actor sees, newest first."""
    get(agent_id)
    query = select(Run).where(Run.agent_id == agent_id)
    return newest_first(
        _seen(actor, query), Run.id, page, with_neighbours=lambda query: query.options(joinedload(Run.agent))
    )


def titles(actor: Actor, runs: list[Run]) -> dict[int, str]:
    """Of the tasks of these runs, by the task's id. Deleted ones are left out."""
    query = select(Task.id, Task.title).where(
        Task.id.in_({run.task_id for run in runs}), Task.deleted_at.is_(None), on_visible_boards(actor, Task.board_id)
    )
    return dict(db.session.execute(query).all())


def _seen(actor: Actor, query: Any) -> Any:
    if actor.is_admin:
        return query
    return query.join(Task, Task.id == Run.task_id).where(on_visible_boards(actor, Task.board_id))


def _midnights(days: int, zone: ZoneInfo) -> list[datetime]:
    today = clock.now().astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    # Days are taken off a wall clock, so that a change to summer time moves nothing.
    return [today - timedelta(days=days - 1 - n) for n in range(days)]
