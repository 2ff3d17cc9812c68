"""Jobs that extract text from files."""

from helix.jobs.context import in_app
from helix.services import attachments, skills


@in_app
def read_words(attachment_id: int) -> None:
    """Read the next waiting file. It may be another one than `attachment_id`, because people take turns."""
    attachments.extract_next()


@in_app
def read_skill_file(attachment_id: int) -> None:
    """Read one file of a skill."""
    skills.extract(attachment_id)
