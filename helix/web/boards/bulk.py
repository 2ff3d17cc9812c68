"""Bulk actions: change several tasks of a board at once, and fetch several changed cards."""

from collections.abc import Sequence
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from helix import clock
from helix.errors import Invalid, NotFound
from helix.models import Task
from helix.models.vocabulary import TaskStatus
from helix.policies import boards as policy
from helix.schemas.task import ASSIGNEES, BulkIn
from helix.services import accounts, agents, boards, tasks
from helix.services.tasks import columns
from helix.text import times
from helix.web.blueprint import actor, is_htmx_request, redirect_to, render_partial, signed_in_blueprint, toast_header
from helix.web.boards import undo
from helix.web.boards.cards import cards, rights
from helix.web.boards.filters import BoardFilter
from helix.web.formats import due, status_label
from helix.web.forms import field_errors, is_id, split_tags
from helix.web.time_zones import due_zone

blueprint = signed_in_blueprint("several")
BLUEPRINTS = (blueprint,)
MAX_TASKS = 200
ACTIONS = (
    "status",
    "assigned_agent_id",
    "assigned_user_id",
    "priority",
    "add_tags",
    "remove_tags",
    "due_date",
    "board_id",
    "archived",
    "run",
    "delete",
)
UNDONE_BY_FIELDS = {
    "status": ("status", "position"),
    "add_tags": ("tags",),
    "remove_tags": ("tags",),
    "board_id": ("board_id", "position"),
}
# Cannot be undone by setting fields back.
WITHOUT_SNAPSHOT = ("delete", "run")


@blueprint.get("/boards/<int:board_id>/cards")
def some(board_id: int) -> ResponseReturnValue:
    """The cards of `?ids=1,2,3` that are on this board and match its filters. Missing ones have left the board."""
    board = boards.get(actor(), board_id)
    task_filter = BoardFilter.from_args(request.args).to_task_filter(actor(), board.id, actor().zone)
    found = columns.some(actor(), task_filter, _ids(request.args.get("ids", "")))
    return render_partial("boards/_cards.html", tasks=cards(actor(), found), may_for=rights(actor()), board_id=board.id)


@blueprint.get("/boards/<int:board_id>/other-boards")
def other_boards(board_id: int) -> ResponseReturnValue:
    """The boards that the selected tasks may be moved to, as items of the bulk bar's menu."""
    boards.get(actor(), board_id)
    found = [one for one in boards.boards(actor()) if one.id != board_id and policy.may_create_tasks(actor(), one)]
    return render_partial("boards/_other_boards.html", boards=found)


@blueprint.post("/boards/<int:board_id>/bulk")
def change(board_id: int) -> ResponseReturnValue:
    """Apply one change to all tasks in `ids`, or to none."""
    board = boards.get(actor(), board_id)
    sent = _sent()
    name, value = sent.change
    if name == "due_date":
        name, value = "due_at", times.moment(value, actor().zone)
    before = [] if name in WITHOUT_SNAPSHOT else tasks.undo.snapshot(sent.ids, UNDONE_BY_FIELDS.get(name, (name,)))
    changed = tasks.bulk(actor(), sent.ids, name, value)
    back = (
        undo.undo_deletion(board.id, sent.ids)
        if name == "delete"
        else undo.undo_changes(board.id, tasks.undo.reverse_of(before, changed))
    )
    if not is_htmx_request():
        return redirect_to(f"/boards/{board.id}")
    return "", 204, toast_header(_words(name, value, changed), kind="action", **back)


def _sent() -> BulkIn:
    """The form as the body of the API's bulk endpoint, so that both use the same validation."""
    body: dict[str, Any] = {name: request.form[name] for name in ACTIONS if name in request.form}
    for name in ("add_tags", "remove_tags"):
        if name in body:
            body[name] = split_tags(body[name])
    for name in (*ASSIGNEES, "due_date"):
        if body.get(name) == "":
            body[name] = None
    for name in WITHOUT_SNAPSHOT:
        if name in body:
            body[name] = body[name] == "1"
    try:
        return BulkIn.model_validate({"ids": _ids(request.form.get("ids", "")), **body})
    except ValidationError as error:
        raise Invalid.field(*next(iter(field_errors(error).items()))) from error


def _ids(text: str) -> list[int]:
    words = [word for word in text.split(",") if word][:MAX_TASKS]
    if not words or not all(is_id(word) for word in words):
        raise Invalid.field("ids", "Select at least one task.")
    return [int(word) for word in words]


def _words(name: str, value: Any, changed: Sequence[Task]) -> str:
    """The text of the toast. A blocked task that was to run starts later."""
    later = sum(task.run_when_ready for task in changed) if name == "run" else 0
    if not later:
        return _toast_text(name, value, len(changed))
    said = [_toast_text(name, value, len(changed) - later)] if later < len(changed) else []
    return " ".join([*said, f"{later} {'runs' if later == 1 else 'run'} when what is needed is done."])


def _toast_text(name: str, value: Any, number: int) -> str:
    """The text of the toast."""
    tasks_text = "1 task" if number == 1 else f"{number} tasks"
    if name == "status":
        return f"Moved {tasks_text} to {status_label(TaskStatus(value))}."
    if name == "assigned_agent_id":
        return f"Gave {tasks_text} to {_name_of(value)}." if value else f"Took the agent off {tasks_text}."
    if name == "assigned_user_id":
        return f"Assigned {tasks_text} to {_person(value)}." if value else f"Took the person off {tasks_text}."
    if name == "priority":
        return f"Set {tasks_text} to {value} priority."
    if name == "add_tags":
        return f"Tagged {tasks_text} with {', '.join(value)}."
    if name == "remove_tags":
        return f"Took {', '.join(value)} off {tasks_text}."
    if name == "due_at":
        if value is None:
            return f"Took the due date off {tasks_text}."
        return f"Set the due date of {tasks_text} to {due(value, clock.now(), due_zone())}."
    if name == "board_id":
        return f"Moved {tasks_text} to {boards.get(actor(), value).name}."
    if name == "run":
        return f"Started {tasks_text}."
    if name == "archived":
        return f"Archived {tasks_text}." if value else f"Brought {tasks_text} back from the archive."
    return f"Deleted {tasks_text}."


def _person(user_id: int) -> str:
    user = accounts.shown_user(user_id)
    return user.shown_name if user else "the person"


def _name_of(agent_id: int) -> str:
    try:
        return agents.get(agent_id).shown_name
    except NotFound:
        return "the agent"
