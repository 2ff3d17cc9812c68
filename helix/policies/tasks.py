"""Rights on tasks follow from the level on the board: `create` allows changing the tasks that one
created or is assigned to, `manage` all tasks."""

from typing import NamedTuple

from helix.models.task import Task
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor


class TaskOwnership(NamedTuple):
    """The columns of a task that decide the rights on it."""

    board_id: int
    created_by_user_id: int | None
    assigned_user_id: int | None = None


def may_see(actor: Actor, task: Task | TaskOwnership) -> bool:
    return actor.level_on(task.board_id) >= BoardLevel.VIEW


may_comment = may_see
may_watch = may_see


def may_edit(actor: Actor, task: Task | TaskOwnership) -> bool:
    """May edit, move, assign, execute, cancel, archive and attach: its creator, and the person it is assigned to."""
    assigned = actor.user_id is not None and task.assigned_user_id == actor.user_id
    return may_review(actor, task) or (assigned and actor.level_on(task.board_id) >= BoardLevel.CREATE)


def may_review(actor: Actor, task: Task | TaskOwnership) -> bool:
    """May approve, reject, complete a task that requires approval, delete and restore."""
    level = actor.level_on(task.board_id)
    own = actor.user_id is not None and task.created_by_user_id == actor.user_id
    return level >= BoardLevel.MANAGE or (own and level >= BoardLevel.CREATE)


def may_delete_attachment(actor: Actor, task: Task | TaskOwnership, uploaded_by_user_id: int | None) -> bool:
    """The person it is assigned to takes away what that person has attached, and nothing of others or of agents."""
    own = actor.user_id is not None and uploaded_by_user_id == actor.user_id
    return may_review(actor, task) or (own and may_edit(actor, task))


may_execute = may_edit
may_cancel = may_edit
may_delete = may_review
