from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from helix.clock import iso
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Agent, Run, Task
from helix.models.vocabulary import RunStatus
from helix.policies.actor import Actor
from helix.services import budgets
from helix.services.access import on_visible_boards
from helix.services.agents.status import statuses


def get(agent_id: int) -> Agent:
    """Everybody who is signed in sees every agent; deleted ones are gone."""
    found = db.session.get(Agent, agent_id)
    if found is None or found.deleted_at is not None:
        raise NotFound("There is no such agent.")
    return found


def agents(*, department_id: int | None = None, board_id: int | None = None) -> list[Agent]:
    """By name. `board_id` finds those whose primary board it is."""
    query = select(Agent).where(Agent.deleted_at.is_(None)).order_by(Agent.name, Agent.id)
    if department_id is not None:
        query = query.where(Agent.department_id == department_id)
    if board_id is not None:
        query = query.where(Agent.primary_board_id == board_id)
    return list(db.session.scalars(query))


def shown(actor: Actor, found: Collection[Agent]) -> list[dict[str, Any]]:
    """As the contract writes them. The task under way shows only to those who see its board."""
    ids = [agent.id for agent in found]
    status = statuses(ids)
    spent = budgets.spent_this_month(ids)
    current = {
        row.agent_id: {"id": row.id, "task": {"id": row.task_id, "title": row.title}}
        for row in db.session.execute(
            select(Run.id, Run.agent_id, Run.task_id, Task.title)
            .join(Task, Task.id == Run.task_id)
            .where(Run.agent_id.in_(ids), Run.status == RunStatus.RUNNING, on_visible_boards(actor, Task.board_id))
            .order_by(Run.id)
        )
    }
    return [
        {
            "id": agent.id,
            "name": agent.name,
            "role_title": agent.role_title,
            "department_id": agent.department_id,
            "primary_board_id": agent.primary_board_id,
            "system_prompt": agent.system_prompt,
            "execution_mode": agent.execution_mode,
            "ai_model_id": agent.ai_model_id,
            "enabled": agent.enabled,
            "status": status[agent.id],
            "monthly_budget_usd": None if agent.monthly_budget_usd is None else float(agent.monthly_budget_usd),
            "spent_this_month_usd": float(spent.get(agent.id, Decimal(0))),
            "budget_paused": agent.budget_paused,
            "max_parallel_runs": agent.max_parallel_runs,
            "max_output_tokens": agent.max_output_tokens,
            "current_run": current.get(agent.id),
            "created_at": iso(agent.created_at),
            "updated_at": iso(agent.updated_at),
        }
        for agent in found
    ]
