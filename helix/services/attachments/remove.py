from helix import clock, live
from helix.db.transaction import transaction
from helix.errors import NotFound
from helix.extensions import db
from helix.models import TaskAttachment
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.attachments.read import get
from helix.services.stored_files import store
from helix.services.work import lookup


def delete(actor: Actor, attachment_id: int) -> None:
    """Take a file away from a task that the actor may edit."""
    with transaction() as after_commit:
        task = lookup.get_for_update(actor, get(actor, attachment_id).task_id)
        # Under the task's lock, so that of two who delete it one comes too late.
        attachment = db.session.get(TaskAttachment, attachment_id, populate_existing=True)
        if attachment is None:
            raise NotFound("There is no such attachment.")
        db.session.delete(attachment)
        task.attachment_count = max(0, task.attachment_count - 1)
        task.updated_at = clock.now()
        activity.record_task(actor, "task.updated", task, fields=["attachments"], removed=attachment.name)
        after_commit(store().delete, attachment.file_key)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
