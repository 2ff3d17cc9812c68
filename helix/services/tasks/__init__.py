"""Tasks on boards: `tasks.approve(actor, task_id)`.

Each function looks the task up with the right it needs, changes it in one transaction, records what
happened, and tells open pages and people after the commit.
"""

from helix.services.tasks import undo
from helix.services.tasks.arranged import Arrangement, due_between, group_totals, listed_by
from helix.services.tasks.bulk import bulk
from helix.services.tasks.create import create
from helix.services.tasks.create_many import NewTask, create_many
from helix.services.tasks.edit import delete, edit, restore, watch
from helix.services.tasks.finding import Found, find
from helix.services.tasks.listing import column, listed, tags_of_board
from helix.services.tasks.review import Decided, approve, edit_result, reject, undo_decision, undo_decisions
from helix.services.tasks.serialize import (
    get_serialized,
    serialize_by_ids,
    serialize_many,
    serialize_new,
    serialize_one,
)
from helix.services.work import lookup, moves
from helix.services.work.filters import TaskFilter
from helix.services.work.lookup import get

__all__ = [
    "Arrangement",
    "Decided",
    "Found",
    "NewTask",
    "TaskFilter",
    "approve",
    "bulk",
    "column",
    "create",
    "create_many",
    "delete",
    "due_between",
    "edit",
    "edit_result",
    "find",
    "get",
    "get_serialized",
    "group_totals",
    "listed",
    "listed_by",
    "lookup",
    "moves",
    "reject",
    "restore",
    "serialize_by_ids",
    "serialize_many",
    "serialize_new",
    "serialize_one",
    "tags_of_board",
    "undo",
    "undo_decision",
    "undo_decisions",
    "watch",
]
