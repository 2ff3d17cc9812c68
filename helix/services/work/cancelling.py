from sqlalchemy import select

from helix import clock, live
from helix.db.transaction import transaction
from helix.errors import Conflict
from helix.extensions import db
from helix.models import Run, Task
from helix.models.vocabulary import RunStatus, TaskStatus, Trigger
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import activity, budgets
from helix.services.work import lookup, moves, open_requests, queueing, status_changes


def cancel(actor: Actor, task_id: int) -> Task:
    """End the task's live run: the row is closed at once, and the worker notices within two seconds.

    Of a blocked task, the wish to run it is forgotten. Raises Conflict when nothing is queued, running or wished for.
    """
    with transaction():
        task = lookup.get_for_update(actor, task_id, to=policy.may_cancel)
        wished = task.run_when_ready
        if wished:
            queueing.forget_wish(task)
        if not cancel_live(actor, task) and not wished:
            raise Conflict("Nothing is queued or running for this task.")
    return lookup.get(actor, task_id)


def cancel_live(actor: Actor, task: Task, *, of_agent: int | None = None) -> bool:
    """Cancel every live run of a locked task, including answers to mentions. False when there was none.

    `of_agent` leaves alone what other agents do there.
    """
    query = select(Run).where(Run.task_id == task.id, Run.is_live).with_for_update()
    if of_agent is not None:
        query = query.where(Run.agent_id == of_agent)
    runs = list(db.session.scalars(query.execution_options(populate_existing=True)))
    for run in runs:
        close(actor, task, run)
    return bool(runs)


def close(actor: Actor, task: Task, run: Run) -> None:
    with transaction() as after_commit:
        under_way = run.status == RunStatus.RUNNING
        run.status = RunStatus.CANCELLED
        run.finished_at = clock.now()
        run.message = f"Cancelled by {actor.name}."
        if not under_way:
            budgets.release(run)
        open_requests.withdraw_open(run)
        # The reservation of a running run stays until the worker reports the actual usage.
        if run.trigger != Trigger.MENTION:
            if task.status == TaskStatus.IN_PROGRESS and run.came_from != TaskStatus.IN_PROGRESS:
                moves.put(task, run.came_from)
            else:
                # What waits for the task's result has to know, although the status stays.
                status_changes.changed(task)
            activity.record_task(actor, "task.cancelled", task, run_id=run.id, what="run")
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
        after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
        after_commit(live.publish, "agent", run.agent_id)
