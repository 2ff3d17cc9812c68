"""Files attached to tasks: stored in the file store, with their text extracted for prompts."""

from helix.services.attachments.extraction import enqueue_overdue, extract, extract_next
from helix.services.attachments.files import (
    add,
    delete,
    get,
    has_files_of_people,
    is_newest,
    made_by,
    newest_named,
    newest_named_of_related,
    newest_of_related,
    newest_of_task,
    of_task,
    of_visible_task,
    open_content,
    save_version,
    serialize,
)

__all__ = [
    "add",
    "delete",
    "enqueue_overdue",
    "extract",
    "extract_next",
    "get",
    "has_files_of_people",
    "is_newest",
    "made_by",
    "newest_named",
    "newest_named_of_related",
    "newest_of_related",
    "newest_of_task",
    "of_task",
    "of_visible_task",
    "open_content",
    "save_version",
    "serialize",
]
