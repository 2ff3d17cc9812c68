"""What a file says, for prompts: texts are read at once, PDF and Word by a worker for files, since one may be hostile.

Jobs are wake-ups: each reads one file, that of the person whose last turn is longest ago. So somebody's sixty files
delay another's one by a single file.
"""

from datetime import timedelta

from sqlalchemy import func, select, update

from helix import clock, queue
from helix.db.locking import lock
from helix.db.transaction import end_reading, transaction
from helix.errors import NotFound
from helix.extensions import db
from helix.models import TaskAttachment
from helix.services.attachments import turns
from helix.services.stored_files import store
from helix.text import extraction

READER = "helix.jobs.attachments.read_words"
WAITING = "It is being read."
GONE = "The file is no longer in the file store."
MOST_CHARACTERS = 100_000
# By then the queue was away, or a worker died over it.
LATE = timedelta(minutes=2)
PATIENCE = timedelta(days=1)
MOST_AT_ONCE = 20
OF_EACH_PERSON = 10


def words_at_once(key: str, kind: str) -> tuple[str | None, str]:
    """The words of a plain text and a note; the note is WAITING where a worker has to read."""
    if kind in extraction.DOCUMENTS:
        return None, WAITING
    return words_of(key, kind)


def read_next() -> None:
    """Read one file that waits, by turns of those who uploaded them. Safe to repeat."""
    # Of each person the oldest: with a thousand files they must not fill what is looked at.
    place = func.row_number().over(partition_by=TaskAttachment.uploaded_by_user_id, order_by=TaskAttachment.id)
    files = (
        select(TaskAttachment.id, TaskAttachment.uploaded_by_user_id.label("person"), place.label("place"))
        .where(TaskAttachment.extract_note == WAITING)
        .subquery()
    )
    query = select(files.c.id, files.c.person).where(files.c.place <= OF_EACH_PERSON).order_by(files.c.id)
    waiting = db.session.execute(query).all()
    end_reading()
    found = turns.next_of([(attachment_id, person or 0) for attachment_id, person in waiting])
    if found is not None:
        read_words(found)
        turns.done(found)


def read_words(attachment_id: int) -> None:
    """Read one that waits, whoever uploaded it. Safe to repeat."""
    found = db.session.get(TaskAttachment, attachment_id)
    if found is None or found.extract_note != WAITING:
        return
    key, kind = found.file_key, found.content_type
    end_reading()  # nothing stays open while a hostile page takes its time
    text, note = words_of(key, kind)
    with transaction():
        found = lock(TaskAttachment, attachment_id)
        if found is not None:
            found.extracted_text, found.extract_note = text, note


def wake_readers() -> int:
    """Have workers read what has waited for long, and give up after a day. Returns how many were woken for.

    Each file is asked for again only when it has waited twice as long, so that hopeless ones hold nobody up.
    """
    now, woken = clock.now(), 0
    late = (TaskAttachment.extract_note == WAITING, TaskAttachment.created_at < now - LATE)
    with transaction():
        given_up = update(TaskAttachment).where(*late, TaskAttachment.created_at < now - PATIENCE)
        db.session.execute(given_up.values(extract_note="It could not be read."))
        query = select(TaskAttachment.id, TaskAttachment.created_at).where(*late).order_by(TaskAttachment.id)
        waiting = db.session.execute(query).all()
    for attachment_id, since in waiting:
        woken += queue.enqueue_apart(
            READER, attachment_id, seconds=int((now - since).total_seconds()), name=queue.FILES
        )
        if woken == MOST_AT_ONCE:
            break
    return woken


def words_of(key: str, kind: str) -> tuple[str | None, str]:
    """The text of a stored file, and a note of at most 200 characters where there is none or not all of it."""
    if not extraction.can_extract(kind):
        return None, "Files of this kind have no text that can be read."
    try:
        with store().open(key) as stream:
            found = extraction.extract_text(stream.read(), kind, MOST_CHARACTERS)
    except NotFound:
        return None, GONE
    # PostgreSQL cannot keep a NUL, and a note has room for 200 characters.
    return found.text and found.text.replace("\x00", ""), (found.reason or "")[:200]
