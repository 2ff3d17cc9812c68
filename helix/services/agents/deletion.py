"""Deleting agents, and undoing it: docs/decisions/0022-undo-of-deleted-agents.md."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete as delete_rows
from sqlalchemy import or_, select

from helix import clock, live
from helix.db.locking import KEY_SHARE, NO_KEY_UPDATE, lock, lock_all, lock_one
from helix.db.transaction import transaction
from helix.errors import Conflict, NotFound
from helix.extensions import db
from helix.models import Agent, AgentTool, AgentWatch, Run, Skill, SkillAgent, Task, Tool, User
from helix.policies.actor import SYSTEM, Actor
from helix.policies.moves import OPEN
from helix.services import activity, budgets, names
from helix.services.agents.write import REFERENCES, require_admin
from helix.services.work import cancelling

# Tasks that one transaction unassigns from a deleted agent.
BATCH_SIZE = 100
# How long a deletion can be undone.
UNDO_TIME = timedelta(minutes=10)
_GRANT = ("tool_id", "policy", "limits", "always_offered")


def delete(actor: Actor, agent_id: int) -> None:
    """Delete an agent: cancel its live runs, unassign its open tasks. Finished runs and comments keep its name.

    `restore` undoes it, but for the runs.
    """
    require_admin(actor)
    with transaction() as after_commit:
        # A full row lock: wait for transactions that assign tasks to it; later ones find it deleted.
        agent = lock(Agent, agent_id)
        if agent is None or agent.deleted_at is not None:
            raise NotFound("There is no such agent.")
        agent.before_deletion = _state(agent)
        agent.deleted_at = agent.updated_at = clock.now()
        agent.leaving, agent.taking_up_after = True, None
        agent.enabled = agent.budget_paused = False
        # So that the department, board and model can be deleted, too.
        agent.department_id = agent.primary_board_id = agent.ai_model_id = None
        names.release(agent_id=agent_id)
        for model in (SkillAgent, AgentWatch, AgentTool):
            db.session.execute(delete_rows(model).where(model.agent_id == agent_id))
        activity.record_agent(actor, "agent.deleted", agent)
        after_commit(live.publish, "agent", agent_id)
    while detach_batch(actor, agent_id):
        pass


def detach_batch(actor: Actor, agent_id: int) -> bool:
    """Cancel live runs and unassign open tasks of a deleted agent. Returns whether there may be more."""
    with transaction() as after_commit:
        live_runs = select(Run.task_id).where(Run.agent_id == agent_id, Run.is_live)
        concerned = select(Task.id).where(
            or_(
                (Task.assigned_agent_id == agent_id) & Task.status.in_(OPEN),
                Task.id.in_(live_runs),
            )
        )
        ids = db.session.scalars(concerned.order_by(Task.id).limit(BATCH_SIZE)).all()
        unassigned: list[int] = []
        for task in lock_all(Task, ids):
            cancelling.cancel_live(actor, task, of_agent=agent_id)
            if task.assigned_agent_id == agent_id and task.status in OPEN:
                task.assigned_agent_id = None
                unassigned.append(task.id)
                task.version += 1
                task.updated_at = clock.now()
                activity.record_task(actor, "task.assigned", task, agent=None)
                after_commit(live.publish, "task", task.id, board_id=task.board_id)
        agent = lock_one(Agent, agent_id, **NO_KEY_UPDATE)
        if agent.before_deletion is not None:
            before = agent.before_deletion
            agent.before_deletion = before | {"tasks": [*before["tasks"], *unassigned]}
        if not ids:
            agent.leaving = False
        return bool(ids)


def resume_deletions() -> int:
    """For the scheduler: finish deletions that a process did not complete. Returns the number of agents."""
    ids = db.session.scalars(select(Agent.id).where(Agent.leaving)).all()
    for agent_id in ids:
        while detach_batch(SYSTEM, agent_id):
            pass
    return len(ids)


def restore(actor: Actor, agent_id: int) -> Agent:
    """Undo the deletion of an agent: its settings, skills, granted tools, and the tasks that nobody has got since.

    Its runs stay cancelled. Departments, boards, models, skills and tools that are gone by now are left out. Raises
    NotFound when it is not deleted, Conflict after UNDO_TIME, when its name is taken, or while it is being deleted.
    """
    require_admin(actor)
    with transaction() as after_commit:
        # Lock order: referenced rows, then the budget month, then tasks, then the agent.
        found = db.session.get(Agent, agent_id)
        before = found.before_deletion if found else None
        if found is None or found.deleted_at is None or before is None:
            raise NotFound("There is no deleted agent to bring back.")
        references = {
            name: before[name] if before[name] and lock(model, before[name], **KEY_SHARE) is not None else None
            for name, (model, _word) in REFERENCES.items()
        }
        budgets.locked_month(budgets.scope_of(agent_id), budgets.month_now())
        tasks = lock_all(Task, before["tasks"])
        agent = lock_one(Agent, agent_id)
        if agent.deleted_at is None:
            raise NotFound("There is no deleted agent to bring back.")
        if agent.leaving:
            raise Conflict("It is still being deleted. Try again in a moment.")
        if clock.now() - agent.deleted_at > UNDO_TIME:
            minutes = UNDO_TIME.seconds // 60
            raise Conflict(f"{agent.name} was deleted more than {minutes} minutes ago. Nothing was undone.")
        agent.deleted_at, agent.before_deletion, agent.updated_at = None, None, clock.now()
        agent.enabled = before["enabled"]
        for name, value in references.items():
            setattr(agent, name, value)
        db.session.flush()
        names.claim(agent.name, agent_id=agent.id)
        _restore_rows(actor, agent_id, before)
        for task in tasks:
            if task.assigned_agent_id is None and task.assigned_user_id is None and _takes_agent(task):
                task.assigned_agent_id = agent_id
                task.version += 1
                task.updated_at = clock.now()
                activity.record_task(actor, "task.assigned", task, agent=agent.name)
                after_commit(live.publish, "task", task.id, board_id=task.board_id)
        budgets.update_paused(agent_id)
        activity.record_agent(actor, "agent.restored", agent)
        after_commit(live.publish, "agent", agent_id)
    return agent


def _takes_agent(task: Task) -> bool:
    return task.status in OPEN and task.deleted_at is None


def _state(agent: Agent) -> dict[str, Any]:
    """What a deletion takes away, as JSON. `tasks` is filled while they are unassigned."""

    def rows(model: Any) -> Any:
        return db.session.scalars(select(model).where(model.agent_id == agent.id)).all()

    return {
        **{name: getattr(agent, name) for name in REFERENCES},
        "enabled": agent.enabled,
        "skills": [row.skill_id for row in rows(SkillAgent)],
        "watches": [[row.user_id, row.watching] for row in rows(AgentWatch)],
        "tools": [{name: getattr(row, name) for name in _GRANT} for row in rows(AgentTool)],
        "tasks": [],
    }


def _restore_rows(actor: Actor, agent_id: int, before: dict[str, Any]) -> None:
    """Skills, grants and watches. What a person allowed for good by an answer is not allowed again."""
    kept = {
        model: set(db.session.scalars(select(model.id).where(model.id.in_(ids))))
        for model, ids in (
            (Skill, before["skills"]),
            (User, [user_id for user_id, _watching in before["watches"]]),
            (Tool, [grant["tool_id"] for grant in before["tools"]]),
        )
    }
    db.session.add_all(SkillAgent(agent_id=agent_id, skill_id=one) for one in before["skills"] if one in kept[Skill])
    for user_id, watching in before["watches"]:
        if user_id in kept[User]:
            db.session.add(AgentWatch(agent_id=agent_id, user_id=user_id, watching=watching))
    for grant in before["tools"]:
        if grant["tool_id"] in kept[Tool]:
            db.session.add(
                AgentTool(agent_id=agent_id, granted_by_user_id=actor.user_id, granted_at=clock.now(), **grant)
            )
