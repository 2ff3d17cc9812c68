"""The files of a task: reading, adding and deleting."""

from collections.abc import Sequence
from typing import Any, BinaryIO

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased, defer

from helix import clock, live, queue
from helix.clock import iso
from helix.db.transaction import end_reading, transaction
from helix.errors import Forbidden, NotFound, TooLarge
from helix.extensions import db
from helix.files import StoredFile, kinds, pictures
from helix.models import Task, TaskAttachment
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import activity, stored_files
from helix.services.access import on_visible_boards
from helix.services.attachments.extraction import EXTRACT_JOB, MAX_CHARACTERS, PENDING, extract_if_plain
from helix.services.stored_files import store
from helix.services.work import lookup
from helix.text import extraction
from helix.text.filenames import safe_name

MAX_TOTAL_BYTES = 50 * 1024 * 1024


def _select_without_text() -> Select[Any]:
    return select(TaskAttachment).options(defer(TaskAttachment.extracted_text))


def of_task(actor: Actor, task_id: int) -> list[TaskAttachment]:
    """The attachments of a task, oldest first. Raises NotFound when the actor may not see the task."""
    return of_visible_task(lookup.get(actor, task_id))


def of_visible_task(task: Task) -> list[TaskAttachment]:
    """The attachments of a task whose visibility was checked already, oldest first."""
    query = _select_without_text().where(TaskAttachment.task_id == task.id).order_by(TaskAttachment.id)
    return list(db.session.scalars(query))


def is_newest() -> ColumnElement[bool]:
    """A condition on TaskAttachment: no later version replaces the file."""
    later = aliased(TaskAttachment)
    return ~select(later.id).where(later.replaces_id == TaskAttachment.id).exists()


def has_files_of_people(task_id: int) -> bool:
    """Whether a person has attached a file to the task."""
    of_people = select(TaskAttachment.id).where(
        TaskAttachment.task_id == task_id, TaskAttachment.made_by_run_id.is_(None)
    )
    return db.session.scalar(of_people.limit(1)) is not None


def made_by(task_id: int, run_ids: Sequence[int]) -> list[TaskAttachment]:
    """The files that these runs of the task have saved, oldest first. The caller has checked access to the task."""
    query = _select_without_text().where(TaskAttachment.task_id == task_id, TaskAttachment.made_by_run_id.in_(run_ids))
    return list(db.session.scalars(query.order_by(TaskAttachment.id)))


def newest_of_task(actor: Actor, task_id: int) -> list[TaskAttachment]:
    """As `of_task`, without the versions that were replaced."""
    lookup.see(actor, task_id)
    query = _select_without_text().where(TaskAttachment.task_id == task_id, is_newest())
    return list(db.session.scalars(query.order_by(TaskAttachment.id)))


def newest_of_related(task_id: int) -> list[TaskAttachment]:
    """As `newest_of_task`, of a task that `links.related` names: that permits it, on whatever board the task is."""
    query = _select_without_text().where(TaskAttachment.task_id == task_id, is_newest())
    return list(db.session.scalars(query.order_by(TaskAttachment.id)))


def newest_named_of_related(task_id: int, name: str) -> TaskAttachment | None:
    """As `newest_named`, of a task that `links.related` names."""
    query = select(TaskAttachment).where(TaskAttachment.task_id == task_id, TaskAttachment.name == name)
    return db.session.scalar(query.order_by(TaskAttachment.id.desc()).limit(1))


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


def add(actor: Actor, task_id: int, *, name: str, stream: BinaryIO, description: str = "") -> TaskAttachment:
    """Attach a file to a task that the actor may edit. Its type is detected from the content, its name is sanitized.

    Pictures are re-encoded without metadata; raises Invalid when that fails. Raises TooLarge above the upload limit,
    checked while reading, and above 50 MB for all files of the task.
    """
    lookup.get(actor, task_id, to=policy.may_edit)
    end_reading()  # do not hold a database connection during the upload
    with stored_files.delete_on_error() as save, pictures.cleaned(stream, person=actor.user_id) as (content, kind):
        return _insert(actor, task_id, save(content), safe_name(name), kind, description)


def _insert(actor: Actor, task_id: int, file: StoredFile, name: str, kind: str, description: str) -> TaskAttachment:
    text, note = extract_if_plain(file.key, kind)
    with transaction() as after_commit:
        task = lookup.get_for_update(actor, task_id)
        attachment = _add(
            actor,
            task,
            file,
            name=name,
            content_type=kind,
            description=description,
            uploaded_by_user_id=actor.user_id,
            extracted_text=text,
            extract_note=note,
        )
        if note == PENDING:
            after_commit(queue.enqueue, EXTRACT_JOB, attachment.id, name=queue.FILES)
    return attachment


def save_version(actor: Actor, task_id: int, *, name: str, file: StoredFile, text: str, run_id: int) -> TaskAttachment:
    """Attach a text that a run has written, inside the transaction of the caller; `file` is its stored content.

    A file with the same name is replaced by this next version and stays. The agent needs no level on the board beyond
    seeing the task: its run is on it. Raises TooLarge above 50 MB for all files of the task.
    """
    name = safe_name(name)
    with transaction():
        task = lookup.get_for_update(actor, task_id, to=policy.may_see)
        before = newest_named(actor, task_id, name)
        return _add(
            actor,
            task,
            file,
            name=name,
            content_type=kinds.content_type(text.encode()),
            made_by_run_id=run_id,
            version=before.version + 1 if before else 1,
            replaces_id=before.id if before else None,
            extracted_text=text[:MAX_CHARACTERS] if text.strip() else None,
            extract_note=_note_on(text),
        )


def _note_on(text: str) -> str:
    """Why an agent cannot read all of a text; empty when it can."""
    if not text.strip():
        return extraction.NO_TEXT
    return f"Only the first {MAX_CHARACTERS:,} characters can be read." if len(text) > MAX_CHARACTERS else ""


def _add(actor: Actor, task: Task, file: StoredFile, **columns: Any) -> TaskAttachment:
    """Insert the row of a stored file, for a locked task."""
    with transaction() as after_commit:
        _check_total_size(task, file.size)
        attachment = TaskAttachment(
            task_id=task.id, file_key=file.key, size=file.size, created_at=clock.now(), **columns
        )
        db.session.add(attachment)
        db.session.flush()
        task.attachment_count += 1
        task.updated_at = clock.now()
        activity.record_task(actor, "task.updated", task, fields=["attachments"], added=attachment.name)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
    return attachment


def _check_total_size(task: Task, size: int) -> None:
    query = select(func.coalesce(func.sum(TaskAttachment.size), 0)).where(TaskAttachment.task_id == task.id)
    if int(db.session.scalar(query) or 0) + size > MAX_TOTAL_BYTES:
        raise TooLarge("The files of this task would exceed 50 MB in total. Delete one first.")


def delete(actor: Actor, attachment_id: int) -> None:
    """Delete an attachment of a task that the actor may edit; see `policies.tasks.may_delete_attachment`."""
    with transaction() as after_commit:
        task = lookup.get_for_update(actor, get(actor, attachment_id).task_id)
        # Read again under the task's lock: a concurrent request may have deleted it.
        attachment = db.session.get(TaskAttachment, attachment_id, populate_existing=True)
        if attachment is None:
            raise NotFound("There is no such attachment.")
        if not policy.may_delete_attachment(actor, task, attachment.uploaded_by_user_id):
            raise Forbidden(
                "Files of others are deleted by the creator of the task, and by people who manage the board."
            )
        db.session.delete(attachment)
        task.attachment_count = max(0, task.attachment_count - 1)
        task.updated_at = clock.now()
        activity.record_task(actor, "task.updated", task, fields=["attachments"], removed=attachment.name)
        after_commit(store().delete, attachment.file_key)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
