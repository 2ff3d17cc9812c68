"""Queueing runs: the run and the task's change commit together, then a worker is woken."""

from sqlalchemy.exc import IntegrityError

from helix import clock, live, queue
from helix.db.transaction import transaction
from helix.errors import Conflict
from helix.extensions import db
from helix.models import Agent, Comment, Run, Task
from helix.models.vocabulary import RunStatus, Trigger
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.policies.moves import EXECUTABLE
from helix.services import activity, budgets
from helix.services.work import lookup
from helix.services.work.live_runs import agent_for, live_status
from helix.services.work.rules import has_usable_model

BUSY = "This task is already queued or running. Cancel that run first."


def start(actor: Actor, task_id: int) -> tuple[Task, int | None]:
    """Queue a run of the task. Returns the current task and the new run's id.

    The id is None for a task that needs others: its run is queued when they are there (`want_run`).

    Raises Conflict that says which: the status, no agent, a disabled agent, no usable model, a used-up
    budget, or a live run.
    """
    with transaction():
        task = lookup.get_for_update(actor, task_id, to=policy.may_execute)
        run = start_locked(actor, task)
    return lookup.get(actor, task_id), run.id if run else None


def start_locked(actor: Actor, task: Task) -> Run | None:
    """Queue a run of a locked task, inside the current transaction. None as for `start`. Raises Conflict as it does."""
    with transaction():
        run = _start(actor, task, _ready_agent(task), Trigger.MANUAL)
        task.auto_stopped = None  # a person has looked at it
    return run


def want_run(actor_user_id: int | None, task: Task) -> None:
    """Remember that a blocked, locked task is to be run, for this person, when what it needs is there."""
    with transaction() as after_commit:
        task.run_when_ready = True
        task.ready_user_id = actor_user_id
        task.updated_at = clock.now()
        after_commit(live.publish, "task", task.id, board_id=task.board_id)


def forget_wish(task: Task) -> None:
    """Do not run a locked task when what it needs is there."""
    with transaction() as after_commit:
        task.run_when_ready = False
        task.ready_user_id = None
        after_commit(live.publish, "task", task.id, board_id=task.board_id)


def refusal(task: Task) -> str | None:
    """Why the task cannot be run now, as a sentence. None when it can, or is queued or running already."""
    if live_status(task):
        return None
    try:
        _ready_agent(task)
    except Conflict as error:
        return error.message
    return None


def _ready_agent(task: Task) -> Agent:
    if task.archived:
        raise Conflict("This task is archived. Bring it back before running it.")
    if live_status(task):
        raise Conflict(BUSY)
    if task.status not in EXECUTABLE:
        raise Conflict(f"A task in {task.status} cannot be run. Move it back to todo first.")
    agent = agent_for(task)
    if agent is None or agent.deleted_at is not None:
        raise Conflict("Nobody is assigned. Choose an agent for this task, then run it.")
    if not agent.enabled:
        raise Conflict(f"{agent.name} is disabled. Enable the agent, or choose another one.")
    if not has_usable_model(agent):
        raise Conflict(f"There is no usable model for {agent.name}. Add one, or choose a default, in the models.")
    if agent.budget_paused:
        raise Conflict(f"{agent.name} has used up this month's budget. Raise it, or wait for the next month.")
    if budgets.organization_is_exhausted():
        raise Conflict("The organization's budget for this month is used up. Raise it, or wait for the next month.")
    return agent


def start_auto(actor: Actor, task: Task, agent: Agent) -> Run | None:
    """Queue a run for an agent in auto mode. None when auto-runs of the task are stopped, a run is live, or the task
    is blocked: then the run is queued when what it needs is there."""
    return None if task.auto_stopped or live_status(task) else _start(actor, task, agent, Trigger.AUTO)


def start_after_rejection(actor: Actor, task: Task, agent: Agent) -> Run | None:
    return None if task.auto_stopped or live_status(task) else _start(actor, task, agent, Trigger.REJECT)


def start_mention(actor: Actor, task: Task, agent: Agent, comment: Comment) -> Run:
    """Queue an answer to a comment that mentions the agent. It leaves the task's status unchanged."""
    return _queue(actor, task, agent, Trigger.MENTION, comment_id=comment.id)


def _start(actor: Actor, task: Task, agent: Agent, trigger: Trigger) -> Run | None:
    """Queue a run, unless the task is blocked: a claim reads all that is queued, so what cannot start is not there."""
    if task.blocked_count:
        want_run(actor.user_id, task)
        return None
    return _queue(actor, task, agent, trigger)


def _queue(actor: Actor, task: Task, agent: Agent, trigger: Trigger, comment_id: int | None = None) -> Run:
    run = Run(
        task_id=task.id,
        agent_id=agent.id,
        trigger=trigger,
        came_from=task.status,
        comment_id=comment_id,
        requested_by_user_id=actor.user_id,
        queued_at=clock.now(),
        status=RunStatus.QUEUED,
    )
    return add(actor, task, run, mode=agent.execution_mode)


def add(actor: Actor, task: Task, run: Run, **details: str) -> Run:
    """Insert the run of a new attempt. Raises Conflict when a unique index finds another live run."""
    with transaction() as after_commit:
        try:
            with db.session.begin_nested():
                db.session.add(run)
                db.session.flush()
        except IntegrityError as error:
            raise Conflict(BUSY) from error
        if run.trigger != Trigger.MENTION:
            task.last_run_id = run.id
        task.updated_at = clock.now()
        activity.record_task(actor, "task.executed", task, run_id=run.id, trigger=run.trigger, **details)
        after_commit(queue.wake)
        after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
    return run
