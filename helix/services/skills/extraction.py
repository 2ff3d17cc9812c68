"""Text extraction from the files of skills, for prompts: plain text at once, PDF and Word by a file worker."""

from datetime import timedelta

from sqlalchemy import select

from helix import clock, queue
from helix.extensions import db
from helix.models import SkillAttachment
from helix.services.attachments.extraction import MAX_ENQUEUED, OVERDUE_AFTER, PENDING, extract_stored
from helix.text import extraction
from helix.transaction import end_reading, transaction

EXTRACT_JOB = "helix.jobs.attachments.read_skill_file"
FILE_EMPTY = "The file is empty."
# Files stored before there was text extraction have an empty note.
PENDING_NOTES = (PENDING, "")

Extraction = tuple[str | None, str]


def extract_if_plain(key: str, kind: str, size: int) -> Extraction:
    """The text of a plain-text file, and a note when there is none; (None, PENDING) when a worker has to extract it."""
    if kind in extraction.DOCUMENTS:
        return None, PENDING
    return _words(key, kind, size)


def extract(attachment_id: int) -> None:
    """Extract a file if it is pending. Idempotent."""
    found = db.session.get(SkillAttachment, attachment_id)
    if found is None or not is_pending(found):
        return
    key, kind, size = found.file_key, found.content_type, found.size
    end_reading()  # do not hold a database connection while extracting
    text, note = _words(key, kind, size)
    with transaction():
        found = db.session.get(SkillAttachment, attachment_id, with_for_update=True, populate_existing=True)
        if found is not None:
            found.extracted_text, found.extract_note = text, note


def enqueue_overdue() -> int:
    """Have workers read what was not read: a worker died over it, or it is older than this. How many were woken for.

    Each file is asked for again only when it has waited twice as long, so that hopeless ones hold nobody up.
    """
    now, woken = clock.now(), 0
    late = (
        SkillAttachment.extracted_text.is_(None),
        SkillAttachment.extract_note.in_(PENDING_NOTES),
        SkillAttachment.created_at < now - OVERDUE_AFTER,
    )
    with transaction():
        query = select(SkillAttachment.id, SkillAttachment.created_at).where(*late).order_by(SkillAttachment.id)
        waiting = db.session.execute(query).all()
    for attachment_id, since in waiting:
        seconds = min(int((now - since).total_seconds()), int(timedelta(days=7).total_seconds()))
        woken += queue.enqueue_apart(EXTRACT_JOB, attachment_id, seconds=seconds, name=queue.FILES)
        if woken == MAX_ENQUEUED:
            break
    return woken


def is_pending(attachment: SkillAttachment) -> bool:
    return attachment.extracted_text is None and attachment.extract_note in PENDING_NOTES


def _words(key: str, kind: str, size: int) -> Extraction:
    if size == 0:
        return None, FILE_EMPTY
    text, note = extract_stored(key, kind)
    return text, note if text or note else FILE_EMPTY
