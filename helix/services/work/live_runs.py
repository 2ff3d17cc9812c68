"""Live runs of a task, and what they block."""

from sqlalchemy import bindparam, select

from helix.db.read import rows
from helix.errors import Conflict
from helix.extensions import db
from helix.models import Agent, Run, Task
from helix.models.vocabulary import RunStatus, Trigger

_LIVE = select(Run.status).where(Run.task_id == bindparam("task_id"), Run.is_live, Run.trigger != Trigger.MENTION)

STATES = {
    RunStatus.QUEUED: "This task is queued to run",
    RunStatus.RUNNING: "An agent is working on this task",
    RunStatus.WAITING: "An agent waits for an answer on this task",
}


def live_status(task: Task) -> RunStatus | None:
    """The status of the task's queued, running or waiting run, if any. Answers to mentions do not count."""
    live = rows(_LIVE, task_id=task.id)
    return live[0].status if live else None


def refuse_while_live(task: Task, verb: str) -> None:
    """Raises Conflict while the locked task has a live run."""
    # No last run: the task was never run.
    status = live_status(task) if task.last_run_id else None
    if status is not None:
        state = STATES[status]
        raise Conflict(f"{state}. Cancel the run first, then {verb} it.")


def agent_for(task: Task) -> Agent | None:
    return db.session.get(Agent, task.assigned_agent_id) if task.assigned_agent_id else None
