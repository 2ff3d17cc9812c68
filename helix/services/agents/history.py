"""The tasks and runs of an agent, as far as whoever asks may see their boards."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helix.extensions import db
from helix.models import Run, Task
from helix.policies.actor import Actor
from helix.policies.moves import OPEN
from helix.services.access import on_visible_boards
from helix.services.agents.lookup import get
from helix.services.paging import Page, PageRequest, newest_first
from helix.services.tasks.listing import TaskFilter, permitted
from helix.services.work.lookup import with_neighbours


def open_tasks(actor: Actor, agent_id: int, limit: int) -> list[Task]:
    """Its newest open tasks that the actor sees, for a glance: not counted."""
    wanted = TaskFilter(assigned_agent_id=agent_id, statuses=OPEN)
    query = with_neighbours(permitted(actor, wanted)).order_by(Task.id.desc()).limit(limit)
    return list(db.session.scalars(query))


def runs_of(actor: Actor, agent_id: int, page: PageRequest) -> Page[Run]:
    """The agent's runs whose task the actor sees, newest first."""
    get(agent_id)
    query = select(Run).where(Run.agent_id == agent_id)
    return newest_first(
        _seen(actor, query), Run.id, page, with_neighbours=lambda query: query.options(joinedload(Run.agent))
    )


def task_titles(actor: Actor, runs: list[Run]) -> dict[int, str]:
    """Of the tasks of these runs, by the task's id. Deleted ones are left out."""
    query = select(Task.id, Task.title).where(
        Task.id.in_({run.task_id for run in runs}), Task.deleted_at.is_(None), on_visible_boards(actor, Task.board_id)
    )
    return dict(db.session.execute(query).all())


def _seen(actor: Actor, query: Any) -> Any:
    if actor.is_admin:
        return query
    return query.join(Task, Task.id == Run.task_id).where(on_visible_boards(actor, Task.board_id))
