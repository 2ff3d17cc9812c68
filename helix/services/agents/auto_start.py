"""Starting the waiting tasks of an agent that was switched to auto mode, each task once.

`Agent.taking_up_after` is the last task id processed. It is written with each batch, so that the scheduler can resume
after a crash.
"""

from sqlalchemy import select

from helix.db.locking import NO_KEY_UPDATE, lock_all, lock_one
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, Task
from helix.models.vocabulary import TaskStatus
from helix.policies.actor import SYSTEM, Actor
from helix.services.work import queueing

BATCH_SIZE = 50


def start_batch(actor: Actor, agent_id: int) -> bool:
    """Queue runs for the agent's next waiting tasks. Returns whether there may be more."""
    with transaction():
        seen = db.session.scalar(select(Agent.taking_up_after).where(Agent.id == agent_id))
        if seen is None:
            return False
        waiting = (
            select(Task.id)
            .where(Task.assigned_agent_id == agent_id, Task.status == TaskStatus.TODO, Task.id > seen)
            .where(Task.deleted_at.is_(None), ~Task.archived)
        )
        ids = db.session.scalars(waiting.order_by(Task.id).limit(BATCH_SIZE)).all()
        # Lock order: tasks before agents, as everywhere.
        tasks = lock_all(Task, ids)
        agent = lock_one(Agent, agent_id, **NO_KEY_UPDATE)
        if agent.taking_up_after != seen:
            return False  # another process took over, or the agent was switched back to manual
        for task in tasks:
            still_waits = task.status == TaskStatus.TODO and task.deleted_at is None and not task.archived
            if still_waits and task.assigned_agent_id == agent_id:
                queueing.start_auto(actor, task, agent)
        agent.taking_up_after = ids[-1] if len(ids) == BATCH_SIZE else None
        return agent.taking_up_after is not None


def resume() -> int:
    """For the scheduler: start what other processes left unfinished. Returns the number of agents."""
    unfinished = select(Agent.id).where(Agent.taking_up_after.is_not(None), Agent.deleted_at.is_(None))
    ids = db.session.scalars(unfinished).all()
    for agent_id in ids:
        while start_batch(SYSTEM, agent_id):
            pass
    return len(ids)
