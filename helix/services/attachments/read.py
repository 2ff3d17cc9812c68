from typing import Any, BinaryIO

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased, defer

from helix.clock import iso
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Task, TaskAttachment
from helix.policies.actor import Actor
from helix.services.access import on_visible_boards
from helix.services.stored_files import store
from helix.services.work import lookup


def _select_without_text() -> Select[Any]:
    return select(TaskAttachment).options(defer(TaskAttachment.extracted_text))


def of_task(actor: Actor, task_id: int) -> list[TaskAttachment]:
    """Oldest first."""
    return of_visible_task(lookup.get(actor, task_id))


def of_visible_task(task: Task) -> list[TaskAttachment]:
    """The attachments of a task whose visibility was checked already, oldest first."""
    query = _select_without_text().where(TaskAttachment.task_id == task.id).order_by(TaskAttachment.id)
    return list(db.session.scalars(query))


def is_newest() -> ColumnElement[bool]:
    """A condition on TaskAttachment: no later version replaces the file."""
    later = aliased(TaskAttachment)
    return ~select(later.id).where(later.replaces_id == TaskAttachment.id).exists()


def newest_of_task(actor: Actor, task_id: int) -> list[TaskAttachment]:
    """As `of_task`, without the versions that were replaced."""
    lookup.see(actor, task_id)
    query = _select_without_text().where(TaskAttachment.task_id == task_id, is_newest())
    return list(db.session.scalars(query.order_by(TaskAttachment.id)))


def newest_named(actor: Actor, task_id: int, name: str) -> TaskAttachment | None:
    """The file of the task with this name that was stored last, with its text."""
    lookup.see(actor, task_id)
    query = select(TaskAttachment).where(TaskAttachment.task_id == task_id, TaskAttachment.name == name)
    return db.session.scalar(query.order_by(TaskAttachment.id.desc()).limit(1))


def get(actor: Actor, attachment_id: int) -> TaskAttachment:
    """The attachment, if the actor sees its task. Raises NotFound."""
    attachment = db.session.scalar(
        _select_without_text()
        .join(Task, Task.id == TaskAttachment.task_id)
        .where(TaskAttachment.id == attachment_id, Task.deleted_at.is_(None), on_visible_boards(actor, Task.board_id))
    )
    if attachment is None:
        raise NotFound("There is no such attachment.")
    return attachment


def open_content(attachment: TaskAttachment) -> BinaryIO:
    """Open the stored file; the caller closes it. Raises NotFound when it is missing from the store."""
    return store().open(attachment.file_key)


def serialize(attachment: TaskAttachment) -> dict[str, Any]:
    """The API representation. `note` says why agents cannot read all of the file; it is empty when they can."""
    return {
        "id": attachment.id,
        "task_id": attachment.task_id,
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "description": attachment.description,
        "note": attachment.extract_note,
        "uploaded_by_user_id": attachment.uploaded_by_user_id,
        "made_by_run_id": attachment.made_by_run_id,
        "version": attachment.version,
        "url": f"/api/task-attachments/{attachment.id}/download",
        "created_at": iso(attachment.created_at),
    }
