"""Comments of a task, by people and agents."""

from helix.services.comments.add import LONGEST, add, add_feedback, answer_mention, say
from helix.services.comments.change import delete, edit
from helix.services.comments.read import get, of, shown, thread

__all__ = ["LONGEST", "add", "add_feedback", "answer_mention", "delete", "edit", "get", "of", "say", "shown", "thread"]
