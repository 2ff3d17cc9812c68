"""Status changes of a task: `move` checks the table of moves, `put` only sets the status and its dependent fields."""

from helix import clock
from helix.errors import Conflict, Forbidden
from helix.models import Task
from helix.models.vocabulary import TaskStatus
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.policies.moves import join_with_or, may_move, moves_from
from helix.services import activity, notifications
from helix.services.work import live_runs, positions, status_changes


def move(actor: Actor, task: Task, status: TaskStatus) -> None:
    """Move a locked task, inside a transaction. Raises Conflict for a move that the table does not allow."""
    if not may_move(task.status, status):
        raise Conflict(f"A task in {task.status} can go to {join_with_or(moves_from(task.status))}, not to {status}.")
    _refuse_decision(actor, task, status)
    live_runs.refuse_while_live(task, "move")
    origin = task.status
    put(task, status)
    if status == TaskStatus.DONE:
        if origin == TaskStatus.REVIEW and task.requires_approval:
            record_approval(actor, task)
        activity.record_task(actor, "task.completed", task, from_status=origin)
        notifications.task_completed(actor, task)
    elif status == TaskStatus.APPROVED:
        record_approval(actor, task)
        activity.record_task(actor, "task.approved", task, from_status=origin)
    elif status == TaskStatus.REJECTED:
        activity.record_task(actor, "task.rejected", task, from_status=origin)
    elif status == TaskStatus.CANCELLED:
        activity.record_task(actor, "task.cancelled", task, from_status=origin)
    else:
        activity.record_task(actor, "task.moved", task, from_status=origin, to_status=status)
    if status == TaskStatus.REVIEW:
        notifications.in_review(actor, task)


def _refuse_decision(actor: Actor, task: Task, status: TaskStatus) -> None:
    """The person a task is assigned to moves it, but decides on its result only as its creator or manager."""
    decides = status in (TaskStatus.APPROVED, TaskStatus.DONE, TaskStatus.REJECTED)
    if decides and task.requires_approval and actor.user_id is not None and not policy.may_review(actor, task):
        raise Forbidden("This task needs approval by its creator or by somebody who manages the board.")


def record_approval(actor: Actor, task: Task) -> None:
    task.approved_by_user_id = actor.user_id
    task.approved_at = clock.now()


def put(task: Task, status: TaskStatus) -> None:
    """Set the status and its dependent fields, at the end of the new column. Does not check the table of moves."""
    task.position = positions.at_the_end(task.board_id, status)
    if task.status == TaskStatus.REVIEW != status:
        notifications.out_of_review(task)
    task.status = status
    status_changes.changed(task)
    task.updated_at = clock.now()
    if status in (TaskStatus.DONE, TaskStatus.APPROVED):
        task.completed_at = task.completed_at or clock.now()
    else:
        task.completed_at = None
    if status not in (TaskStatus.DONE, TaskStatus.APPROVED):
        task.approved_by_user_id = None
        task.approved_at = None
