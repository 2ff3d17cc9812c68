"""Text extraction from the files of skills, for prompts: plain text at once, PDF and Word by a file worker."""

from helix.db.locking import lock
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import SkillAttachment
from helix.services.attachments.extraction import PENDING, enqueue_jobs, extract_stored
from helix.text import extraction

EXTRACT_JOB = "helix.jobs.attachments.read_skill_file"
FILE_EMPTY = "The file is empty."
# Files stored before there was text extraction have an empty note.
PENDING_NOTES = (PENDING, "")

Extraction = tuple[str | None, str]


def extract_if_plain(key: str, kind: str, size: int) -> Extraction:
    """The text of a plain-text file, and a note when there is none; (None, PENDING) when a worker has to extract it."""
    if kind in extraction.DOCUMENTS:
        return None, PENDING
    return _extract(key, kind, size)


def extract(attachment_id: int) -> None:
    """Extract a file if it is pending. Idempotent."""
    attachment = db.session.get(SkillAttachment, attachment_id)
    if attachment is None or not is_pending(attachment):
        return
    key, kind, size = attachment.file_key, attachment.content_type, attachment.size
    end_reading()  # do not hold a database connection while extracting
    text, note = _extract(key, kind, size)
    with transaction():
        attachment = lock(SkillAttachment, attachment_id)
        if attachment is not None:
            attachment.extracted_text, attachment.extract_note = text, note


def enqueue_overdue() -> int:
    """Enqueue jobs for files whose worker died, or that are older than text extraction. Returns the number of jobs."""
    return enqueue_jobs(
        EXTRACT_JOB,
        SkillAttachment,
        SkillAttachment.extracted_text.is_(None),
        SkillAttachment.extract_note.in_(PENDING_NOTES),
    )


def is_pending(attachment: SkillAttachment) -> bool:
    return attachment.extracted_text is None and attachment.extract_note in PENDING_NOTES


def _extract(key: str, kind: str, size: int) -> Extraction:
    if size == 0:
        return None, FILE_EMPTY
    text, note = extract_stored(key, kind)
    return text, note if text or note else FILE_EMPTY
