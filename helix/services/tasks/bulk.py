"""One change to many tasks: all of them, or none."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from helix.db.transaction import transaction
from helix.errors import Forbidden, Invalid
from helix.extensions import db
from helix.models import Task
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services.tasks.edit import change, delete_locked
from helix.services.work.lookup import get_many_for_update, naming, with_neighbours
from helix.services.work.queueing import start_locked
from helix.text.tags import tidy

MOST_TAGS = 20


def bulk(actor: Actor, task_ids: Sequence[int], name: str, value: Any) -> list[Task]:
    """Apply one change to every task and return them in the order given, deleted ones included.

    `name` is a field that `edit` knows, or `add_tags`, `remove_tags` (lists of words), `run` or `delete`. The rows are
    locked in one order. A failure names the task that it is about, and then nothing has changed.
    """
    with transaction():
        tasks = get_many_for_update(actor, task_ids, to=policy.may_delete if name == "delete" else policy.may_edit)
        for task in tasks:
            with naming(task):
                _one(actor, task, name, value)
    query = with_neighbours(select(Task).where(Task.id.in_([task.id for task in tasks])))
    changed = {task.id: task for task in db.session.scalars(query.execution_options(populate_existing=True))}
    return [changed[task.id] for task in tasks]


def _one(actor: Actor, task: Task, name: str, value: Any) -> None:
    if name == "delete":
        delete_locked(actor, task)
    elif name == "run":
        if not policy.may_execute(actor, task):
            raise Forbidden("Your level on its board does not allow running it.")
        start_locked(actor, task)
    elif name == "add_tags":
        change(actor, task, {"tags": _fitting([*task.tags, *_tidy(value)])})
    elif name == "remove_tags":
        unwanted = set(_tidy(value))
        change(actor, task, {"tags": [tag for tag in task.tags if tag not in unwanted]})
    else:
        change(actor, task, {name: value})


def _tidy(tags: Sequence[str]) -> list[str]:
    return [tidy(tag) for tag in tags]


def _fitting(tags: list[str]) -> list[str]:
    tags = list(dict.fromkeys(tags))
    if len(tags) > MOST_TAGS:
        raise Invalid.field("add_tags", f"It would have more than {MOST_TAGS} tags.")
    return tags
