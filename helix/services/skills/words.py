"""What the files of skills say, for prompts: texts are read at once, PDF and Word by a worker for files."""

from datetime import timedelta

from sqlalchemy import select

from helix import clock, queue
from helix.db.locking import lock
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import SkillAttachment
from helix.services.attachments.words import LATE, MOST_AT_ONCE, WAITING, words_of
from helix.text import extraction

READER = "helix.jobs.attachments.read_skill_file"
EMPTY = "The file is empty."
# Files from before their words were kept have no note at all.
UNREAD = (WAITING, "")

Words = tuple[str | None, str]


def words_at_once(key: str, kind: str, size: int) -> Words:
    """The words of a plain text, and a note on why there are none; the note is WAITING where a worker has to read."""
    if kind in extraction.DOCUMENTS:
        return None, WAITING
    return _words(key, kind, size)


def read_words(attachment_id: int) -> None:
    """What a worker does for one file. Safe to repeat."""
    found = db.session.get(SkillAttachment, attachment_id)
    if found is None or not is_unread(found):
        return
    key, kind, size = found.file_key, found.content_type, found.size
    end_reading()  # nothing stays open while a hostile page takes its time
    text, note = _words(key, kind, size)
    with transaction():
        found = lock(SkillAttachment, attachment_id)
        if found is not None:
            found.extracted_text, found.extract_note = text, note


def wake_readers() -> int:
    """Have workers read what was not read: a worker died over it, or it is older than this. How many were woken for.

    Each file is asked for again only when it has waited twice as long, so that hopeless ones hold nobody up.
    """
    now, woken = clock.now(), 0
    late = (
        SkillAttachment.extracted_text.is_(None),
        SkillAttachment.extract_note.in_(UNREAD),
        SkillAttachment.created_at < now - LATE,
    )
    with transaction():
        query = select(SkillAttachment.id, SkillAttachment.created_at).where(*late).order_by(SkillAttachment.id)
        waiting = db.session.execute(query).all()
    for attachment_id, since in waiting:
        seconds = min(int((now - since).total_seconds()), int(timedelta(days=7).total_seconds()))
        woken += queue.enqueue_apart(READER, attachment_id, seconds=seconds, name=queue.FILES)
        if woken == MOST_AT_ONCE:
            break
    return woken


def is_unread(attachment: SkillAttachment) -> bool:
    return attachment.extracted_text is None and attachment.extract_note in UNREAD


def _words(key: str, kind: str, size: int) -> Words:
    if size == 0:
        return None, EMPTY
    text, note = words_of(key, kind)
    return text, note if text or note else EMPTY
