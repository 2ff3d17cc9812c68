from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from helix import clock, live
from helix.db.locking import KEY_SHARE, lock
from helix.db.transaction import transaction
from helix.db.write import insert_object, table, write
from helix.errors import Invalid
from helix.extensions import db
from helix.models import Agent, Task, TaskTag
from helix.models.vocabulary import ExecutionMode, Priority, TaskOrigin, TaskStatus
from helix.policies.actor import Actor
from helix.services import activity, notifications
from helix.services.work import assignees, positions, queueing
from helix.services.work.lookup import KEPT_BOARD, board_named_in_body
from helix.text.tags import tidy_all

# With the last position of the column where new tasks are added.
_BOARD = KEPT_BOARD.add_columns(positions.last(TaskStatus.TODO).scalar_subquery().label("last_rank"))


def create(
    actor: Actor,
    *,
    title: str,
    board_id: int,
    description: str = "",
    assigned_agent_id: int | None = None,
    assigned_user_id: int | None = None,
    status: TaskStatus = TaskStatus.TODO,
    priority: Priority = Priority.MEDIUM,
    due_at: datetime | None = None,
    tags: Sequence[str] = (),
    requires_approval: bool = True,
    origin: TaskOrigin = TaskOrigin.MANUAL,
    external_key: str | None = None,
    schedule_id: int | None = None,
    workflow_run_id: int | None = None,
    step_key: str | None = None,
    parent: Task | None = None,
    max_usd: Decimal | None = None,
    starts: bool = True,
) -> Task:
    """Create a task at the end of its column. An agent in auto mode starts on it at once, unless `starts` is False.

    `external_key` exists once: when there is a task with it, deleted or not, that one is returned as it is.
    `parent` is the task from which an agent delegates this one. `max_usd` limits what all runs of the task and of
    those delegated from it cost together.
    """
    with transaction() as after_commit:
        if external_key is not None and (existing := _of_key(external_key)):
            return existing
        board = board_named_in_body(actor, board_id, _BOARD, besides=0)
        agent = agent_named_in_body(assigned_agent_id)
        person = assignees.person_named_in_body(assigned_user_id, board.id)
        if status != TaskStatus.TODO:
            raise Invalid.field("status", "A new task starts in todo.")
        now = clock.now()
        values: dict[str, Any] = {
            "title": title,
            "description": description,
            "status": status,
            "priority_rank": priority.rank,
            "board_id": board.id,
            "position": positions.behind(board.last_rank),
            "assigned_agent_id": agent.id if agent else None,
            "assigned_user_id": person.id if person else None,
            "created_by_user_id": actor.user_id,
            "due_at": due_at,
            "tags": tidy(tags),
            "requires_approval": requires_approval,
            "origin": origin,
            "external_key": external_key,
            "schedule_id": schedule_id,
            "workflow_run_id": workflow_run_id,
            "step_key": step_key,
            "max_usd": max_usd,
            "created_at": now,
            "updated_at": now,
        }
        if parent is not None:
            values |= {
                "parent_task_id": parent.id,
                "root_task_id": parent.root_task_id or parent.id,
                "depth": parent.depth + 1,
            }
        try:
            task = _insert(values)
        except IntegrityError:
            # Another process created it since the key was looked up.
            if external_key is None or (existing := _of_key(external_key)) is None:
                raise
            return existing
        _note_tags(task)
        activity.record_task(actor, "task.created", task)
        if agent:
            activity.record_task(actor, "task.assigned", task, agent=agent.name)
            notifications.task_assigned(actor, task, agent)
        if person:
            activity.record_task(actor, "task.assigned", task, person=person.name)
            notifications.assigned_to_person(actor, task, person)
        if starts:
            start_by_itself(actor, task, agent)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
    return task


def _of_key(external_key: str) -> Task | None:
    return db.session.scalar(select(Task).where(Task.external_key == external_key))


def _insert(values: dict[str, Any]) -> Task:
    if values["external_key"] is None:
        return insert_object(Task, **values)
    with db.session.begin_nested():
        return insert_object(Task, **values)


def start_by_itself(actor: Actor, task: Task, agent: Agent | None) -> None:
    """Queue a run if the agent is in auto mode."""
    if agent and agent.execution_mode == ExecutionMode.AUTO and task.status == TaskStatus.TODO:
        queueing.start_auto(actor, task, agent)


def agent_named_in_body(agent_id: int | None) -> Agent | None:
    if agent_id is None:
        return None
    # Locked, so that an agent that is being deleted does not get another task.
    agent = lock(Agent, agent_id, **KEY_SHARE)
    if agent is None or agent.deleted_at is not None:
        raise Invalid.field("assigned_agent_id", f"There is no agent {agent_id}.")
    return agent


def set_tags(task: Task, tags: Sequence[str]) -> None:
    db.session.execute(delete(TaskTag).where(TaskTag.task_id == task.id))
    task.tags = tidy(tags)
    _note_tags(task)


def tidy(tags: Sequence[str]) -> list[str]:
    """Tags in lower case, in the order given, without duplicates."""
    return tidy_all(tags)


def _note_tags(task: Task) -> None:
    """Store the tags as rows, for filtering."""
    if task.tags:
        write(insert(table(TaskTag)), [{"task_id": task.id, "tag": tag} for tag in task.tags])
