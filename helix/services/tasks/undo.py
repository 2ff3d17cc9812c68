"""Undo of task changes: the reverse changes, with the actor's current permissions."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helix.db.transaction import transaction
from helix.errors import Conflict
from helix.extensions import db
from helix.models import Task
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.policies.moves import may_move
from helix.services.tasks.edit import change, restore_locked
from helix.services.work.lookup import get_many_for_update, naming

FIELDS = (
    "status",
    "position",
    "assigned_agent_id",
    "assigned_user_id",
    "priority",
    "tags",
    "archived",
    "board_id",
    "due_at",
)


@dataclass(frozen=True)
class Snapshot:
    """The values that restore one task, and the version after the change: a task changed since is not restored."""

    id: int
    version: int
    fields: dict[str, Any]


def snapshot(task_ids: Collection[int], names: Iterable[str] = FIELDS) -> list[Snapshot]:
    """Read the fields that a change is about to write."""
    tasks = db.session.scalars(select(Task).where(Task.id.in_(task_ids)))
    names = tuple(names)
    return [Snapshot(task.id, task.version, {name: _value(task, name) for name in names}) for task in tasks]


def reverse_of(before: Sequence[Snapshot], after: Sequence[Task]) -> list[Snapshot]:
    """Values for `put_back`, without tasks that did not change or whose move cannot be reversed."""
    now = {task.id: task for task in after}
    back = []
    for saved in before:
        task = now[saved.id]
        fields = {name: value for name, value in saved.fields.items() if _value(task, name) != value}
        if not fields:
            continue
        if "status" in fields and "position" in saved.fields:
            # The rank may be the same in both columns.
            fields["position"] = saved.fields["position"]
        if not may_move(task.status, saved.fields.get("status", task.status)):
            return []
        back.append(Snapshot(task.id, saved.version + 1, fields))
    return back


def put_back(actor: Actor, snapshots: Sequence[Snapshot]) -> list[Task]:
    """Restore all of them, or none. Raises Conflict, naming the task, when one was changed since."""
    with transaction():
        tasks = get_many_for_update(actor, [saved.id for saved in snapshots])
        for task, saved in zip(tasks, snapshots, strict=True):
            with naming(task):
                if task.version != saved.version:
                    raise Conflict("Somebody changed it since. Nothing was undone.")
                change(actor, task, saved.fields)
    return tasks


def restore_all(actor: Actor, task_ids: Sequence[int]) -> list[Task]:
    """Restore deleted tasks: all of them, or none."""
    with transaction():
        tasks = get_many_for_update(actor, task_ids, to=policy.may_delete, deleted=True)
        for task in tasks:
            restore_locked(actor, task)
    return tasks


def _value(task: Task, name: str) -> Any:
    value = getattr(task, name)
    return list(value) if name == "tags" else value
