"""Deleting an agent. It is marked as deleted first; then its runs and tasks are detached in batches.

`Agent.leaving` stays set until that is done, so that the scheduler can resume after a crash.
"""

from sqlalchemy import delete as delete_rows
from sqlalchemy import or_, select

from helix import clock, live
from helix.db.locking import NO_KEY_UPDATE, lock, lock_all, lock_one
from helix.db.transaction import transaction
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Agent, AgentTool, AgentWatch, Run, SkillAgent, Task
from helix.policies.actor import SYSTEM, Actor
from helix.policies.moves import OPEN
from helix.services import activity, names
from helix.services.agents.write import require_admin
from helix.services.work import cancelling

BATCH_SIZE = 100


def delete(actor: Actor, agent_id: int) -> None:
    """Delete an agent: cancel its live runs, unassign its open tasks. Finished runs and comments keep its name."""
    require_admin(actor)
    with transaction() as after_commit:
        # A full row lock: wait for transactions that assign tasks to it; later ones find it deleted.
        agent = lock(Agent, agent_id)
        if agent is None or agent.deleted_at is not None:
            raise NotFound("There is no such agent.")
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
        for task in lock_all(Task, ids):
            cancelling.cancel_live(actor, task, of_agent=agent_id)
            if task.assigned_agent_id == agent_id and task.status in OPEN:
                task.assigned_agent_id = None
                task.version += 1
                task.updated_at = clock.now()
                activity.record_task(actor, "task.assigned", task, agent=None)
                after_commit(live.publish, "task", task.id, board_id=task.board_id)
        if not ids:
            agent = lock_one(Agent, agent_id, **NO_KEY_UPDATE)
            agent.leaving = False
        return bool(ids)


def resume() -> int:
    """For the scheduler: finish deletions that a process did not complete. Returns the number of agents."""
    ids = db.session.scalars(select(Agent.id).where(Agent.leaving)).all()
    for agent_id in ids:
        while detach_batch(SYSTEM, agent_id):
            pass
    return len(ids)
