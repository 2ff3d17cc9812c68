"""Labels of activity entries: sentences that follow the actor's name, such as "moved it from To Do to In Progress"."""

from collections.abc import Callable, Mapping
from typing import Any

from helix.models import Activity
from helix.web.formats import status_label

FIELD_LABELS = {"due_at": "due date", "requires_approval": "need for approval", "restored": "deletion"}


def task_sentence(entry: Activity) -> str:
    found = TASK_SENTENCES.get(entry.action)
    return found(entry.details or {}) if found else entry.action.replace(".", " ").replace("_", " ")


def _moved(details: Mapping[str, Any]) -> str:
    if "from_status" in details:
        return f"moved it from {status_label(details['from_status'])} to {status_label(details['to_status'])}"
    return "moved it to another board"


def _assigned(details: Mapping[str, Any]) -> str:
    if "person" in details:
        return f"assigned it to {details['person']}" if details["person"] else "took it from its person"
    return f"assigned it to {details['agent']}" if details.get("agent") else "took it from its agent"


def _updated(details: Mapping[str, Any]) -> str:
    fields = [FIELD_LABELS.get(name, str(name)) for name in details.get("fields", [])]
    if fields == ["deletion"]:
        return "brought it back"
    return f"changed the {' and the '.join(fields)}" if fields else "changed it"


def _answered(details: Mapping[str, Any]) -> str:
    verb = {"allow": "allowed", "deny": "denied"}.get(str(details.get("decision")), "answered")
    return f"{verb} what the agent asked about it"


TASK_SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "task.created": lambda _: "created it",
    "task.updated": _updated,
    "task.assigned": _assigned,
    "task.moved": _moved,
    "task.executed": lambda _: "started a run",
    "task.completed": lambda details: "finished it" if details.get("from_status") else "finished a run",
    "task.approved": lambda _: "approved it",
    "task.rejected": lambda _: "sent it back",
    "task.review_undone": lambda _: "undid the decision on it",
    "task.result_edited": lambda _: "edited its result",
    "task.need_added": lambda _: "let it wait for another task",
    "task.need_removed": lambda _: "let it go on without another task",
    "task.failed": lambda _: "could not finish a run",
    "task.cancelled": lambda details: "cancelled the run" if details.get("what") == "run" else "cancelled it",
    "task.archived": lambda details: "archived it" if details.get("archived") else "brought it back from the archive",
    "task.deleted": lambda _: "deleted it",
    "request.asked": lambda details: f"asked about it — {details.get('title', '')}",
    "request.answered": _answered,
    "request.expired": lambda _: "stopped waiting for an answer about it",
    "comment.added": lambda _: "wrote a comment",
    "comment.edited": lambda _: "changed a comment",
    "comment.deleted": lambda _: "deleted a comment",
}


def sentence(entry: Activity) -> str:
    if entry.action in TASK_SENTENCES:
        return task_sentence(entry)
    found = SENTENCES.get(entry.action)
    return found(entry.details or {}) if found else _plain(entry.action)


def _plain(action: str) -> str:
    """ "skill.restored" becomes "restored it"."""
    return f"{action.partition('.')[2].replace('_', ' ') or action} it"


def _changed_fields(details: Mapping[str, Any]) -> str:
    names = [str(name).removesuffix("_usd").removesuffix("_id").replace("_", " ") for name in details.get("fields", [])]
    return f"changed the {' and the '.join(names)}" if names else "changed it"


SENTENCES: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "agent.updated": _changed_fields,
    "board.updated": _changed_fields,
    "department.updated": _changed_fields,
    "model.updated": _changed_fields,
    "settings.updated": _changed_fields,
    "settings.exported": lambda _: "exported everything of it",
    "user.updated": _changed_fields,
    "skill.updated": _changed_fields,
    "webhook.updated": _changed_fields,
    "workflow.updated": _changed_fields,
    "workflow.done": lambda _: "came to the end of it",
    "workflow.failed": lambda details: f"stopped it: {details.get('reason') or 'a step has failed'}",
    "workflow.cancelled": lambda _: "cancelled a run of it",
    "workflow.step_retried": lambda details: f"retried the step {details.get('step')} of it",
    "workflow.step_skipped": lambda details: f"skipped the step {details.get('step')} of it",
    "webhook.switched_off": lambda _: "switched off the webhook it",
    "tool.granted": lambda _: "changed the tools of it",
    "tool.accepted": lambda _: "accepted the tool it",
    "tool.switched_off": lambda _: "took the tool it away from all agents",
    "tool.source_created": lambda _: "added the tool source it",
    "tool.source_updated": lambda _: "changed the tool source it",
    "tool.source_deleted": lambda _: "deleted the tool source it",
    "tool.source_refreshed": lambda details: f"found other tools at it{_tool_changes(details)}",
    "tool.source_connected": lambda _: "connected the tool source it",
    "tool.source_disconnected": lambda _: "ended the connection of the tool source it",
    "user.invited": lambda _: "invited it",
    "user.reset_link_made": lambda _: "made a link for a new password for it",
    "user.signed_in": lambda _: "signed in",
    "user.sign_in_failed": lambda details: f"refused the sign-in of it: {details.get('reason') or 'a wrong password'}",
    "user.deleted": lambda _: "closed the account of it",
    "token.created": lambda _: "made the API token it",
    "token.deleted": lambda _: "deleted the API token it",
}


def _tool_changes(details: Mapping[str, Any]) -> str:
    counts = [f"{details[name]} {name}" for name in ("new", "changed", "back", "gone") if details.get(name)]
    return f": {', '.join(counts)}" if counts else ""


def label(action: str) -> str:
    """The action as an option of the filter: "task.moved" becomes "Task moved"."""
    noun, _, verb = action.partition(".")
    return f"{noun} {verb}".replace("_", " ").strip().capitalize()
