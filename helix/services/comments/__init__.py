"""Comments of a task, by people and agents."""

from helix.services.comments.read import get, newest_feedback, of, serialize, thread
from helix.services.comments.write import (
    LONGEST,
    add,
    add_and_wake,
    add_feedback,
    answer_mention,
    delete,
    edit,
    withdraw_feedback,
)

__all__ = [
    "LONGEST",
    "add",
    "add_and_wake",
    "add_feedback",
    "answer_mention",
    "delete",
    "edit",
    "get",
    "newest_feedback",
    "of",
    "serialize",
    "thread",
    "withdraw_feedback",
]
