"""What the web process leaves to a worker about files."""

from helix.jobs.context import in_app
from helix.services import attachments, skills


@in_app
def read_words(attachment_id: int) -> None:
    """Read one file that waits: not for certain the one that this was asked for, since persons take turns."""
    attachments.extract_next()


@in_app
def read_skill_file(attachment_id: int) -> None:
    """Read one file of a skill."""
    skills.extract(attachment_id)
