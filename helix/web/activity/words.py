"""What happened, as the rest of a sentence that begins with a name: "moved it from To Do to In Progress"."""

from collections.abc import Callable, Mapping
from typing import Any

from helix.models import Activity
from helix.web.formats import status_label

FIELDS = {"due_at": "due date", "requires_approval": "need for approval", "restored": "deletion"}


def words(entry: Activity) -> str:
    found = WORDS.get(entry.action)
    return found(entry.details or {}) if found else entry.action.replace(".", " ").replace("_", " ")


def _moved(details: Mapping[str, Any]) -> str:
    if "from_status" in details:
        return f"moved it from {status_label(details['from_status'])} to {status_label(details['to_status'])}"
    return "moved it to another board"


def _assigned(details: Mapping[str, Any]) -> str:
    return f"assigned it to {details['agent']}" if details.get("agent") else "took it from its agent"


def _updated(details: Mapping[str, Any]) -> str:
    fields = [FIELDS.get(name, str(name)) for name in details.get("fields", [])]
    if fields == ["deletion"]:
        return "brought it back"
    return f"changed the {' and the '.join(fields)}" if fields else "changed it"


WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "task.created": lambda _: "created it",
    "task.updated": _updated,
    "task.assigned": _assigned,
    "task.moved": _moved,
    "task.executed": lambda _: "started a run",
    "task.completed": lambda details: "finished it" if details.get("from_status") else "finished a run",
    "task.approved": lambda _: "approved it",
    "task.rejected": lambda _: "sent it back",
    "task.failed": lambda _: "could not finish a run",
    "task.cancelled": lambda details: "cancelled the run" if details.get("what") == "run" else "cancelled it",
    "task.archived": lambda details: "archived it" if details.get("archived") else "brought it back from the archive",
    "task.deleted": lambda _: "deleted it",
    "comment.added": lambda _: "wrote a comment",
    "comment.edited": lambda _: "changed a comment",
    "comment.deleted": lambda _: "deleted a comment",
}
