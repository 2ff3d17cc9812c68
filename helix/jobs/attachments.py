"""What the web process leaves to a quick worker about files."""

from helix.jobs.context import in_app
from helix.services import attachments, skills


@in_app
def read_words(attachment_id: int) -> None:
    """Read what a PDF or a Word document says."""
    attachments.read_words(attachment_id)


@in_app
def read_skill_file(attachment_id: int) -> None:
    """The same for a file of a skill."""
    skills.read_words(attachment_id)
