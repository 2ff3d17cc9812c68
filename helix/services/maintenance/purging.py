"""What is kept for a while only. Every function may be repeated, and is stopped by nothing but its own end."""

from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, Delivery, Notification, Run, Task, TaskAttachment, WebhookDelivery
from helix.services import settings
from helix.services.maintenance import files
from helix.services.maintenance.batches import delete_oldest, delete_where, repeat

DELETED_TASKS_KEPT = timedelta(days=30)
DELIVERIES_KEPT = timedelta(days=30)
# Each takes its thread, its runs and their traces with it.
TASKS_AT_ONCE = 20


def purge_deleted_tasks() -> int:
    """Tasks that were deleted more than 30 days ago, and their files. How many tasks."""

    def step() -> int:
        limit = clock.now() - DELETED_TASKS_KEPT
        with transaction() as after_commit:
            query = select(Task.id).where(Task.deleted_at < limit).order_by(Task.deleted_at).limit(TASKS_AT_ONCE)
            # Whoever restores one at this moment has it.
            ids = list(db.session.scalars(query.with_for_update(skip_locked=True)))
            of_them = TaskAttachment.task_id.in_(ids)
            keys = list(db.session.scalars(select(TaskAttachment.file_key).where(of_them)))
            db.session.execute(delete(Task).where(Task.id.in_(ids)).execution_options(synchronize_session=False))
            after_commit(files.remove, keys)
        return len(ids)

    return repeat(step, full=TASKS_AT_ONCE)


def purge_deliveries() -> int:
    """Messages that left, or never will, and the log of webhooks, which may be kept for less."""
    limit = clock.now() - DELIVERIES_KEPT
    gone = delete_oldest(Delivery, lambda created_at: created_at < limit)
    days = settings.organization().retention_days
    limit = clock.now() - min(DELIVERIES_KEPT, timedelta(days=days or DELIVERIES_KEPT.days))
    return gone + delete_oldest(WebhookDelivery, lambda created_at: created_at < limit)


def purge_past() -> int:
    """Activity, notifications and runs beyond `retention_days`, if the organization has set it."""
    days = settings.organization().retention_days
    if not days:
        return 0
    limit = clock.now() - timedelta(days=days)
    gone = delete_where(Activity, Activity.created_at < limit)
    gone += delete_oldest(Notification, lambda created_at: created_at < limit)
    return gone + _purge_runs(limit)


def _purge_runs(limit: datetime) -> int:
    """Not those that a task shows: its newest run, and the one whose result it carries."""
    shown = exists().where(Task.id == Run.task_id, (Task.last_run_id == Run.id) | (Task.result_run_id == Run.id))
    return delete_where(Run, (Run.finished_at < limit) & ~Run.is_live & ~shown, rows=50)
