"""A version conflict of a task: the stored values beside the typed ones."""

from collections.abc import Mapping
from typing import Any

from helix.errors import Invalid, NotFound
from helix.services import accounts, agents
from helix.services.tasks.edit import StaleTask
from helix.web.formats import day_input, status_label
from helix.web.forms import parse_id
from helix.web.time_zones import due_zone

LABELS = {
    "title": "Title",
    "description": "Description",
    "status": "Status",
    "priority": "Priority",
    "assigned_agent_id": "Agent",
    "assigned_user_id": "Person",
    "due_date": "Due date",
    "tags": "Tags",
    "requires_approval": "Needs approval",
}
# The fields whose two versions can be put together in a text box, and the rows of the box.
TEXT_ROWS = {"title": 2, "description": 8}


def conflict_context(error: StaleTask, typed: Mapping[str, str]) -> dict[str, Any]:
    """The context of templates/tasks/_stale.html: both versions of each posted field."""
    task = error.extra["task"]
    pairs = [
        {
            "name": name,
            "label": label,
            "theirs": _now(task, name),
            "yours": typed[name],
            "shown": _typed(task, name, typed[name]),
            "rows": TEXT_ROWS.get(name),
        }
        for name, label in LABELS.items()
        if name in typed
    ]
    return {"task": task, "pairs": pairs}


def _typed(task: Mapping[str, Any], name: str, value: str) -> str:
    """The display text of a typed value."""
    if name == "status":
        return status_label(value)
    if name == "requires_approval":
        return "Yes" if value == "1" else "No"
    if name == "assigned_agent_id":
        return _agent(value) if value else "Nobody"
    if name == "assigned_user_id":
        return _person(value) if value else "Nobody"
    return value.capitalize() if name == "priority" else value


def _agent(value: str) -> str:
    try:
        return agents.get(parse_id(value, "assigned_agent_id") or 0).name
    except (NotFound, Invalid):
        return "A deleted agent"


def _person(value: str) -> str:
    user = accounts.shown_user(parse_id(value, "assigned_user_id") or 0)
    return user.shown_name if user else "A closed account"


def _now(task: Mapping[str, Any], name: str) -> str:
    value = task[name]
    if name == "tags":
        return ", ".join(value)
    if name == "status":
        return status_label(value)
    if name == "assigned_agent_id":
        return task["assigned_agent"]["name"] if task["assigned_agent"] else "Nobody"
    if name == "assigned_user_id":
        return task["assigned_user"]["name"] if task["assigned_user"] else "Nobody"
    if name == "due_date":
        return day_input(value, due_zone())
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value or "")
