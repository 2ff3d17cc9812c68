"""A task as the contract writes it: one dictionary for API and templates alike."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, select

from helix.clock import iso
from helix.extensions import db
from helix.models import Agent, Run, Task, TaskWatch
from helix.models.vocabulary import AgentStatus, RunStatus
from helix.policies.actor import Actor
from helix.services import agents, runs


def shown(actor: Actor, task: Task) -> dict[str, Any]:
    return shown_all(actor, [task])[0]


def shown_all(actor: Actor, found: Sequence[Task]) -> list[dict[str, Any]]:
    """Any number of tasks in a constant number of statements. They must come from `with_neighbours`."""
    facts = _facts(actor, [task.id for task in found])
    queued = [task.last_run for task in found if task.last_run and task.last_run.status == RunStatus.QUEUED]
    reasons = runs.waiting.reasons(queued, actor.zone)
    return [_shape(task, *facts[task.id], reasons, actor) for task in found]


def _facts(actor: Actor, task_ids: list[int]) -> dict[int, tuple[AgentStatus, bool | None]]:
    """In one statement for all of them: how each task's agent is, and whether the actor chose to watch the task."""
    if not task_ids:
        return {}
    chosen = and_(TaskWatch.task_id == Task.id, TaskWatch.user_id == (actor.user_id or 0))
    rows = db.session.execute(
        select(Task.id, agents.status_of, TaskWatch.watching)
        .outerjoin(Agent, Agent.id == Task.assigned_agent_id)
        .outerjoin(TaskWatch, chosen)
        .where(Task.id.in_(task_ids))
    )
    return {task_id: (AgentStatus(status), watching) for task_id, status, watching in rows}


def _shape(
    task: Task,
    status: AgentStatus,
    chosen: bool | None,
    reasons: dict[int, dict[str, str | None]],
    actor: Actor,
) -> dict[str, Any]:
    agent, creator, run = task.assigned_agent, task.created_by, task.last_run
    mine = task.created_by_user_id is not None and task.created_by_user_id == actor.user_id
    return {
        "id": task.id,
        "version": task.version,
        "title": task.title,
        "description": task.description,
        "status": task.status,
        "priority": task.priority,
        "board_id": task.board_id,
        "position": task.position,
        "assigned_agent_id": task.assigned_agent_id,
        "assigned_agent": agent
        and {
            "id": agent.id,
            "name": agent.shown_name,
            "role_title": agent.role_title,
            "status": status,
        },
        "created_by_user_id": task.created_by_user_id,
        "created_by": creator and {"id": creator.id, "name": creator.shown_name, "avatar_url": creator.avatar_url},
        "due_date": iso(task.due_at),
        "tags": task.tags,
        "requires_approval": task.requires_approval,
        "result": task.result,
        "approved_by_user_id": task.approved_by_user_id,
        "approved_at": iso(task.approved_at),
        "archived": task.archived,
        "comment_count": task.comment_count,
        "attachment_count": task.attachment_count,
        "last_run": shown_run_state(run) if run else None,
        "waiting": reasons.get(run.id) if run else None,
        "auto_stopped": task.auto_stopped,
        "watching": mine if chosen is None else chosen,
        "created_at": iso(task.created_at),
        "updated_at": iso(task.updated_at),
        "completed_at": iso(task.completed_at),
    }


def shown_run_state(run: Run) -> dict[str, Any]:
    """The short form of a run that a task carries."""
    return {
        "id": run.id,
        "status": run.status,
        "reason": run.reason,
        "message": run.message,
        "attempt": run.attempt,
        "cost_usd": None if run.cost_usd is None else float(run.cost_usd),
        "started_at": iso(run.started_at),
        "finished_at": iso(run.finished_at),
    }
