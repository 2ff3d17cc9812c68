"""Deleting a task. It can be restored for 30 days."""

from helix import clock, live
from helix.db.transaction import transaction
from helix.models import Task
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.work import cancelling
from helix.services.work.lookup import get, get_for_update


def delete(actor: Actor, task_id: int) -> None:
    """Delete the task and cancel its live run."""
    with transaction():
        remove(actor, get_for_update(actor, task_id, to=policy.may_delete))


def remove(actor: Actor, task: Task) -> None:
    """As `delete`, for a locked task inside the current transaction."""
    with transaction() as after_commit:
        cancelling.cancel_live(actor, task)
        task.deleted_at = clock.now()
        task.version += 1
        activity.record_task(actor, "task.deleted", task)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)


def restore(actor: Actor, task_id: int) -> Task:
    with transaction():
        bring_back(actor, get_for_update(actor, task_id, to=policy.may_delete, deleted=True))
    return get(actor, task_id)


def bring_back(actor: Actor, task: Task) -> None:
    """Restore a locked task to its column, inside the current transaction."""
    with transaction() as after_commit:
        task.deleted_at = None
        task.version += 1
        task.updated_at = clock.now()
        activity.record_task(actor, "task.updated", task, fields=["restored"])
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
