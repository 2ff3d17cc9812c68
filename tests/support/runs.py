"""Test data for runs."""

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, Run
from helix.models.vocabulary import RunStatus, Trigger
from helix.services import budgets


def finished_run(task, agent, status=RunStatus.SUCCEEDED, **fields) -> Run:
    """A run that has just ended; also updates the agent's last result."""
    now = clock.now()
    facts = {"queued_at": now, "started_at": now, "finished_at": now, "budget_month": budgets.month_now()} | fields
    run = Run(
        task_id=task.id,
        agent_id=agent.id,
        trigger=Trigger.MANUAL,
        came_from=task.status,
        status=status,
        **facts,
    )
    with transaction():
        db.session.add(run)
        db.session.get_one(Agent, agent.id).last_run_failed = status == RunStatus.FAILED
    return run
