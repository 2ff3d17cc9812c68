"""Purging of old rows and of files that no row names. Every function may be repeated.

Rows are deleted in small steps: no step holds a lock for long, and a round ends while the lease is still ours.
"""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select, union_all
from sqlalchemy.orm import aliased

from helix import clock
from helix.db.transaction import end_reading, transaction
from helix.errors import HelixError
from helix.extensions import db
from helix.models import Activity, Delivery, Notification, Run, Task, TaskAttachment, TaskLink, WebhookDelivery
from helix.services import settings, stored_files
from helix.services.work import links

log = logging.getLogger(__name__)

_Later = aliased(Run, name="later_run")

# Rows that one step deletes.
ROWS = 200
ROUND_SECONDS = 2.0
DELETED_TASKS_KEPT = timedelta(days=30)
DELIVERIES_KEPT = timedelta(days=30)
# A task is deleted with its comments, its runs and their traces.
TASKS_AT_ONCE = 20
# A file is stored before its row is committed: only a file that no row names twice, this long apart, is an orphan.
GRACE = timedelta(hours=1)
FILES_AT_ONCE = 500
# Files without a row, and when that was first seen.
_suspects: dict[str, datetime] = {}


def purge_deleted_tasks() -> int:
    """Purge tasks that were deleted more than 30 days ago, and their files. Returns the number of tasks."""

    def step() -> int:
        limit = clock.now() - DELETED_TASKS_KEPT
        with transaction() as after_commit:
            query = select(Task.id).where(Task.deleted_at < limit).order_by(Task.deleted_at).limit(TASKS_AT_ONCE)
            # A task that is being restored at this moment is skipped.
            ids = list(db.session.scalars(query.with_for_update(skip_locked=True)))
            files = select(TaskAttachment.file_key).where(TaskAttachment.task_id.in_(ids))
            keys = list(db.session.scalars(files))
            waiting = select(TaskLink.task_id).where(TaskLink.needs_task_id.in_(ids), ~TaskLink.met)
            left = set(db.session.scalars(waiting)) - set(ids)
            db.session.execute(delete(Task).where(Task.id.in_(ids)).execution_options(synchronize_session=False))
            links.links_vanished(left)
            after_commit(remove_files, keys)
        return len(ids)

    return _repeat(step, full=TASKS_AT_ONCE)


def purge_deliveries() -> int:
    """Purge messages, sent or not, and the log of webhooks, which may be kept for less. Returns the number of rows."""
    limit = clock.now() - DELIVERIES_KEPT
    gone = _delete_oldest(Delivery, lambda created_at: created_at < limit)
    days = settings.organization().retention_days
    limit = clock.now() - min(DELIVERIES_KEPT, timedelta(days=days or DELIVERIES_KEPT.days))
    return gone + _delete_oldest(WebhookDelivery, lambda created_at: created_at < limit)


def purge_past() -> int:
    """Purge activity, notifications and runs beyond `retention_days`, if it is set. Returns the number of rows."""
    days = settings.organization().retention_days
    if not days:
        return 0
    limit = clock.now() - timedelta(days=days)
    gone = _delete_where(Activity, Activity.created_at < limit)
    gone += _delete_oldest(Notification, lambda created_at: created_at < limit)
    return gone + _purge_runs(limit)


def _purge_runs(limit: datetime) -> int:
    """All but those that a task shows: its newest run, and the one that brought its result.

    Messages and calls belong to the attempt that wrote them: attempts stay as long as a later one continues them.
    """
    is_shown = exists().where(Task.id == Run.task_id, (Task.last_run_id == Run.id) | (Task.result_run_id == Run.id))
    goes_on = exists().where(
        _Later.task_id == Run.task_id, _Later.is_live, _Later.conversation_id == Run.conversation_id
    )
    return _delete_where(Run, (Run.finished_at < limit) & ~Run.is_live & ~is_shown & ~goes_on, rows=50)


def remove_files(keys: Iterable[str]) -> None:
    """Delete these files. One that cannot be deleted now is found by `remove_orphans` later."""
    for key in keys:
        try:
            stored_files.store().delete(key)
        except HelixError as error:
            log.warning("A file without a task could not be deleted, it is tried again later: %s", error)
            return


def remove_orphans() -> int:
    """Delete stored files that no row has named for an hour: left by a crash. Returns how many were deleted."""
    now = clock.now()
    keys = iter(stored_files.store().keys())
    orphans: list[str] = []
    while batch := list(islice(keys, FILES_AT_ONCE)):
        orphans += _unnamed(batch)
        end_reading()
    for key in set(_suspects) - set(orphans):
        del _suspects[key]
    for key in orphans:
        _suspects.setdefault(key, now)
    expired = [key for key in orphans if now - _suspects[key] >= GRACE]
    remove_files(expired)
    return len(expired)


def _unnamed(keys: Sequence[str]) -> list[str]:
    queries = [select(column).where(column.in_(keys)) for column in stored_files.FILE_KEY_COLUMNS]
    named = set(db.session.scalars(union_all(*queries)))
    return [key for key in keys if key not in named]


def _repeat(step: Callable[[], int], *, full: int = ROWS) -> int:
    """Repeat `step` while it deletes `full` rows, for some seconds at most. The rest waits for the next round."""
    deadline = time.monotonic() + ROUND_SECONDS
    done = 0
    while True:
        count = step()
        done += count
        if count < full or time.monotonic() > deadline:
            return done


def _delete_where(table: Any, condition: ColumnElement[bool], *, rows: int = ROWS) -> int:
    """Delete the rows that match, in batches by id. The condition should have an index."""

    def step() -> int:
        with transaction():
            ids = select(table.id).where(condition).order_by(table.id).limit(rows)
            gone = delete(table).where(table.id.in_(ids)).returning(table.id)
            return len(db.session.scalars(gone.execution_options(synchronize_session=False)).all())

    return _repeat(step, full=rows)


def _delete_oldest(table: Any, is_old: Callable[[Any], bool], *, rows: int = ROWS) -> int:
    """Delete from the lowest id up to the first row that is not `is_old(created_at)`: needs no index on the time."""

    def step() -> int:
        with transaction():
            lowest = db.session.execute(select(table.id, table.created_at).order_by(table.id).limit(rows)).all()
            ids = list(_ids_until_first_young(lowest, is_old))
            if ids:
                db.session.execute(delete(table).where(table.id.in_(ids)).execution_options(synchronize_session=False))
            return len(ids)

    return _repeat(step, full=rows)


def _ids_until_first_young(rows: Any, is_old: Callable[[Any], bool]) -> Iterator[int]:
    for id, created_at in rows:
        if not is_old(created_at):
            return
        yield id
