"""Deleting an agent. First it is gone for everybody, then its work is cleared away, a bounded part at a time.

`Agent.leaving` stays set until all of it is done, so that a process that dies in between loses nothing.
"""

from sqlalchemy import delete as delete_rows
from sqlalchemy import or_, select

from helix import clock, live
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Agent, AgentWatch, Run, SkillAgent, Task
from helix.policies.actor import SYSTEM, Actor
from helix.policies.moves import OPEN
from helix.services import activity, names, runs
from helix.services.agents.write import require_admin
from helix.services.work import lookup
from helix.transaction import transaction

BATCH_SIZE = 100


def delete(actor: Actor, agent_id: int) -> None:
    """Its live runs are cancelled and its open tasks unassigned; past runs and comments stay under its name."""
    require_admin(actor)
    with transaction() as after_commit:
        # The full lock: who is just giving it a task is waited for, and whoever comes later finds it gone.
        agent = db.session.get(Agent, agent_id, with_for_update=True, populate_existing=True)
        if agent is None or agent.deleted_at is not None:
            raise NotFound("There is no such agent.")
        agent.deleted_at = agent.updated_at = clock.now()
        agent.leaving, agent.taking_up_after = True, None
        agent.enabled = agent.budget_paused = False
        # So that these can be deleted in their turn.
        agent.department_id = agent.primary_board_id = agent.ai_model_id = None
        names.release(agent_id=agent_id)
        for model in (SkillAgent, AgentWatch):
            db.session.execute(delete_rows(model).where(model.agent_id == agent_id))
        activity.record_agent(actor, "agent.deleted", agent)
        after_commit(live.publish, "agent", agent_id)
    while detach_batch(actor, agent_id):
        pass


def detach_batch(actor: Actor, agent_id: int) -> bool:
    """Cancel live runs and unassign open tasks of an agent that is gone. Returns whether there may be more."""
    with transaction() as after_commit:
        live_runs = select(Run.task_id).where(Run.agent_id == agent_id, Run.is_live)
        concerned = select(Task.id).where(
            or_(
                (Task.assigned_agent_id == agent_id) & Task.status.in_(OPEN),
                Task.id.in_(live_runs),
            )
        )
        ids = db.session.scalars(concerned.order_by(Task.id).limit(BATCH_SIZE)).all()
        for task in lookup.locked_in_order(ids):
            runs.cancel_live(actor, task, of_agent=agent_id)
            if task.assigned_agent_id == agent_id and task.status in OPEN:
                task.assigned_agent_id = None
                task.version += 1
                task.updated_at = clock.now()
                activity.record_task(actor, "task.assigned", task, agent=None)
                after_commit(live.publish, "task", task.id, board_id=task.board_id)
        if not ids:
            agent = db.session.get_one(Agent, agent_id, with_for_update={"key_share": True}, populate_existing=True)
            agent.leaving = False
        return bool(ids)


def resume() -> int:
    """For the scheduler: finish what a process that died had begun. Returns how many agents had something left."""
    ids = db.session.scalars(select(Agent.id).where(Agent.leaving)).all()
    for agent_id in ids:
        while detach_batch(SYSTEM, agent_id):
            pass
    return len(ids)
