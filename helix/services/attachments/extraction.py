"""Text extraction from attachments, for prompts. Plain text is extracted at once, PDF and Word by a file worker, since
a file may be hostile.

Jobs are wake-ups without an argument: each extracts one file, of the user whose last turn is longest ago, so that one
user's many uploads delay another user's by a single file. Turns are kept in Redis: each job is a process of its own.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from sqlalchemy import ColumnElement, func, select, update

from helix import clock, queue
from helix.db.locking import lock
from helix.db.transaction import end_reading, transaction
from helix.errors import NotFound
from helix.extensions import db
from helix.models import SkillAttachment, TaskAttachment
from helix.queue.connection import redis
from helix.services.stored_files import store
from helix.text import extraction

EXTRACT_JOB = "helix.jobs.attachments.read_words"
PENDING = "It is being read."  # stored as the note until a worker has extracted the text
FILE_MISSING = "The file is no longer in the file store."
MAX_CHARACTERS = 100_000
# When a file counts as overdue: the queue was unavailable, or its worker died.
OVERDUE_AFTER = timedelta(minutes=2)
GIVE_UP_AFTER = timedelta(days=1)
MAX_JOB_INTERVAL = timedelta(days=7)
MAX_ENQUEUED = 20
CANDIDATES_PER_USER = 10
_LAST_TURNS = "helix:files:turns"
# How long a user's last turn is remembered; and when a file is tried again after its worker was killed.
FORGET_AFTER_SECONDS = 600
RETRY_AFTER_SECONDS = 120


def extract_if_plain(key: str, kind: str) -> tuple[str | None, str]:
    """The text and note of a plain-text file; (None, PENDING) when a worker has to extract it."""
    if kind in extraction.DOCUMENTS:
        return None, PENDING
    return extract_stored(key, kind)


def extract_next() -> None:
    """Extract one pending file, taking turns between the uploading users. Idempotent."""
    # The oldest few of each user, so that one user's thousand files do not crowd out the others.
    place = func.row_number().over(partition_by=TaskAttachment.uploaded_by_user_id, order_by=TaskAttachment.id)
    files = (
        select(TaskAttachment.id, TaskAttachment.uploaded_by_user_id.label("person"), place.label("place"))
        .where(TaskAttachment.extract_note == PENDING)
        .subquery()
    )
    query = select(files.c.id, files.c.person).where(files.c.place <= CANDIDATES_PER_USER).order_by(files.c.id)
    waiting = db.session.execute(query).all()
    end_reading()
    claimed = claim_next([(attachment_id, person or 0) for attachment_id, person in waiting])
    if claimed is not None:
        extract(claimed)
        release(claimed)


def extract(attachment_id: int) -> None:
    """Extract a file if it is pending. Idempotent."""
    attachment = db.session.get(TaskAttachment, attachment_id)
    if attachment is None or attachment.extract_note != PENDING:
        return
    key, kind = attachment.file_key, attachment.content_type
    end_reading()  # do not hold a database connection while extracting
    text, note = extract_stored(key, kind)
    with transaction():
        attachment = lock(TaskAttachment, attachment_id)
        if attachment is not None:
            attachment.extracted_text, attachment.extract_note = text, note


def enqueue_overdue() -> int:
    """Enqueue jobs for overdue files, and give up after a day. Returns the number of jobs."""
    now = clock.now()
    pending = TaskAttachment.extract_note == PENDING
    with transaction():
        too_old = update(TaskAttachment).where(pending, TaskAttachment.created_at < now - GIVE_UP_AFTER)
        db.session.execute(too_old.values(extract_note="It could not be read."))
    return enqueue_jobs(EXTRACT_JOB, TaskAttachment, pending)


def enqueue_jobs(job: str, model: type[TaskAttachment] | type[SkillAttachment], *pending: ColumnElement[bool]) -> int:
    """Enqueue `job` for the overdue rows of `model` that match `pending`, oldest first. Returns the number of jobs.

    A file is enqueued again only after its age has doubled, so that files that always fail do not delay the others.
    """
    now, enqueued = clock.now(), 0
    query = select(model.id, model.created_at).where(*pending, model.created_at < now - OVERDUE_AFTER)
    with transaction():
        overdue = db.session.execute(query.order_by(model.id)).all()
    for attachment_id, created_at in overdue:
        seconds = int(min(now - created_at, MAX_JOB_INTERVAL).total_seconds())
        enqueued += queue.enqueue_throttled(job, attachment_id, seconds=seconds, name=queue.FILES)
        if enqueued == MAX_ENQUEUED:
            break
    return enqueued


def extract_stored(key: str, kind: str) -> tuple[str | None, str]:
    """The text of a stored file, and a note (at most 200 characters) when there is no text or only a part."""
    if not extraction.can_extract(kind):
        return None, "Files of this kind have no text that can be read."
    try:
        with store().open(key) as stream:
            extracted = extraction.extract_text(stream.read(), kind, MAX_CHARACTERS)
    except NotFound:
        return None, FILE_MISSING
    # PostgreSQL cannot store NUL characters; the note's column has 200 characters.
    return extracted.text and extracted.text.replace("\x00", ""), (extracted.reason or "")[:200]


def claim_next(waiting: Sequence[tuple[int, int]]) -> int | None:
    """Claim the next of the (file id, user id) pairs, given oldest first. None when all are claimed already.

    The claim lasts RETRY_AFTER_SECONDS, so that a file that kills its worker does not block the others. Raises
    RedisError when Redis is unavailable.
    """
    client = redis()
    served = {
        int(person): at
        for person, at in cast(list[tuple[bytes, float]], client.zrange(_LAST_TURNS, 0, -1, withscores=True))
    }
    # The sort is stable: a user's oldest file comes first.
    for file, person in sorted(waiting, key=lambda one: served.get(one[1], 0.0)):
        if client.set(_claim_key(file), 1, nx=True, ex=RETRY_AFTER_SECONDS):
            pipe = client.pipeline(transaction=False)
            pipe.zadd(_LAST_TURNS, {str(person): time.time()})
            pipe.zremrangebyscore(_LAST_TURNS, 0, time.time() - FORGET_AFTER_SECONDS)
            pipe.expire(_LAST_TURNS, FORGET_AFTER_SECONDS)
            pipe.execute()
            return file
    return None


def release(file: int) -> None:
    redis().delete(_claim_key(file))


def _claim_key(file: int) -> str:
    return f"helix:files:begun:{file}"
