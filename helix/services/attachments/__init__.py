"""Files at a task. They are kept in the file store, and what they say is read for the prompts of agents."""

from helix.services.attachments.add import add
from helix.services.attachments.read import content, get, of, of_task, shown
from helix.services.attachments.remove import delete
from helix.services.attachments.words import read_next, read_words, wake_readers

__all__ = ["add", "content", "delete", "get", "of", "of_task", "read_next", "read_words", "shown", "wake_readers"]
