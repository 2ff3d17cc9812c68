"""Editing a task: its fields, position, status and board; deleting, restoring and watching it."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from helix import clock, live
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden
from helix.extensions import db
from helix.models import Task, TaskWatch
from helix.models.vocabulary import Priority, TaskStatus
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import activity, notifications
from helix.services.tasks.create import agent_named_in_body, set_tags, start_by_itself
from helix.services.tasks.serialize import serialize_one
from helix.services.work import assignees, cancelling, live_runs, positions, queueing, status_changes
from helix.services.work.lookup import board_named_in_body, get, get_for_update
from helix.services.work.moves import move

PLAIN = {"title", "description", "due_at", "requires_approval"}


def edit(actor: Actor, task_id: int, changes: dict[str, Any], *, version: int | None = None) -> Task:
    """Apply the fields that were sent: title, description, status, priority, board_id, assigned_agent_id,
    assigned_user_id, due_at, tags, requires_approval, archived; and one of before_id, after_id and position for the
    place in the column.

    Raises Conflict with the present task when `version` is stale, or when the move table forbids the move.
    """
    with transaction():
        task = get_for_update(actor, task_id)
        if version is not None and version != task.version:
            raise StaleTask(actor, task)
        change(actor, task, changes)
    return task


def change(actor: Actor, task: Task, changes: dict[str, Any]) -> None:
    """Apply `changes` to a locked task inside the current transaction, and publish an event if something changed."""
    with transaction() as after_commit:
        if apply(actor, task, changes):
            task.version += 1
            task.updated_at = clock.now()
            after_commit(live.publish, "task", task.id, board_id=task.board_id)


class StaleTask(Conflict):
    """Somebody else saved in between. Carries the task as it is now."""

    def __init__(self, actor: Actor, task: Task) -> None:
        super().__init__(
            "Somebody else changed this task meanwhile. Look at what it says now, then save again.",
            task=serialize_one(actor, get(actor, task.id)),
        )


def apply(actor: Actor, task: Task, changes: dict[str, Any]) -> list[str]:
    """Apply `changes` to a locked task inside the current transaction. Returns the names of the changed fields."""
    changed = [name for name in PLAIN & changes.keys() if getattr(task, name) != changes[name]]
    if "requires_approval" in changed and not policy.may_review(actor, task):
        raise Forbidden("Only its creator, and people who manage the board, decide whether a task needs approval.")
    for name in changed:
        setattr(task, name, changes[name])
    if "priority" in changes and Priority(changes["priority"]) != task.priority:
        task.priority = changes["priority"]
        changed.append("priority")
    if "tags" in changes:
        before = list(task.tags)
        set_tags(task, changes["tags"])
        if task.tags != before:
            changed.append("tags")
    if changed:
        activity.record_task(actor, "task.updated", task, fields=sorted(changed))
    changed += _move_to_board(actor, task, changes)
    changed += _place(actor, task, changes)
    changed += _archive(actor, task, changes)
    changed += _assign_person(actor, task, changes)
    # Last, so that an agent in auto mode starts from the edited task.
    changed += _assign(actor, task, changes)
    return changed


def _move_to_board(actor: Actor, task: Task, changes: dict[str, Any]) -> list[str]:
    if changes.get("board_id", task.board_id) == task.board_id:
        return []
    board = board_named_in_body(actor, changes["board_id"])
    origin, task.board_id = task.board_id, board.id
    task.position = positions.at_the_end(board.id, task.status)
    activity.record_task(actor, "task.moved", task, from_board_id=origin, to_board_id=board.id)
    if task.assigned_user_id and not assignees.may_be_assigned(task.assigned_user_id, board.id):
        _assign_person(actor, task, {"assigned_user_id": None})
    db.session.flush()
    notifications.moved([task.id], board.id)
    with transaction() as after_commit:
        after_commit(live.publish, "board", origin, board_id=origin)
    return ["board_id"]


def _place(actor: Actor, task: Task, changes: dict[str, Any]) -> list[str]:
    status = TaskStatus(changes.get("status", task.status))
    changed = []
    if status != task.status:
        move(actor, task, status)
        changed.append("status")
    where = positions.wanted(task, task.board_id, status, changes)
    if where is not None:
        task.position = where
        changed.append("position")
    return changed


def _archive(actor: Actor, task: Task, changes: dict[str, Any]) -> list[str]:
    if changes.get("archived", task.archived) == task.archived:
        return []
    if changes["archived"]:
        live_runs.refuse_while_live(task, "archive")
    task.archived = changes["archived"]
    status_changes.changed(task)
    activity.record_task(actor, "task.archived", task, archived=task.archived)
    return ["archived"]


def _assign(actor: Actor, task: Task, changes: dict[str, Any]) -> list[str]:
    if changes.get("assigned_agent_id", task.assigned_agent_id) == task.assigned_agent_id:
        return []
    live_runs.refuse_while_live(task, "give to somebody else")
    agent = agent_named_in_body(changes["assigned_agent_id"])
    task.assigned_agent_id = agent.id if agent else None
    task.auto_stopped = None
    if task.run_when_ready:
        queueing.forget_wish(task)  # it was the other agent's run
    activity.record_task(actor, "task.assigned", task, agent=agent.name if agent else None)
    if agent:
        notifications.task_assigned(actor, task, agent)
    start_by_itself(actor, task, agent)
    return ["assigned_agent_id"]


def _assign_person(actor: Actor, task: Task, changes: dict[str, Any]) -> list[str]:
    if changes.get("assigned_user_id", task.assigned_user_id) == task.assigned_user_id:
        return []
    person = assignees.person_named_in_body(changes["assigned_user_id"], task.board_id)
    task.assigned_user_id = person.id if person else None
    activity.record_task(actor, "task.assigned", task, person=person.name if person else None)
    if person:
        notifications.assigned_to_person(actor, task, person)
    return ["assigned_user_id"]


def watch(actor: Actor, task_id: int, *, watching: bool) -> Task:
    """Subscribe to notifications about a task, or unsubscribe. Idempotent."""
    if actor.user_id is None:
        raise Forbidden("Only people watch tasks.")
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    with transaction():
        get(actor, task_id, to=policy.may_watch)
        row = insert(TaskWatch).values(task_id=task_id, user_id=actor.user_id, watching=watching)
        upsert = row.on_conflict_do_update(index_elements=["task_id", "user_id"], set_={"watching": watching})
        db.session.execute(upsert)
    return get(actor, task_id)


def delete(actor: Actor, task_id: int) -> None:
    """Delete the task and cancel its live run."""
    with transaction():
        delete_locked(actor, get_for_update(actor, task_id, to=policy.may_delete))


def delete_locked(actor: Actor, task: Task) -> None:
    """As `delete`, for a locked task inside the current transaction."""
    with transaction() as after_commit:
        cancelling.cancel_live(actor, task)
        task.deleted_at = clock.now()
        status_changes.changed(task)
        task.version += 1
        activity.record_task(actor, "task.deleted", task)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)


def restore(actor: Actor, task_id: int) -> Task:
    """Restore a deleted task. It can be restored for 30 days."""
    with transaction():
        restore_locked(actor, get_for_update(actor, task_id, to=policy.may_delete, deleted=True))
    return get(actor, task_id)


def restore_locked(actor: Actor, task: Task) -> None:
    """Restore a locked task to its column, inside the current transaction."""
    with transaction() as after_commit:
        task.deleted_at = None
        status_changes.changed(task)
        task.version += 1
        task.updated_at = clock.now()
        activity.record_task(actor, "task.updated", task, fields=["restored"])
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
