"""Decisions on results, as pages say them: the toast that names the task and its column, and its Undo."""

import json
from collections.abc import Sequence
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from helix.errors import Invalid
from helix.models import Task
from helix.models.vocabulary import TaskStatus
from helix.schemas.task import Decisions
from helix.services import tasks
from helix.services.tasks.undo import Snapshot
from helix.web.blueprint import (
    actor,
    flash_toast,
    is_htmx_request,
    redirect_to,
    signed_in_blueprint,
    toast_event,
    trigger_events,
)
from helix.web.boards import undo
from helix.web.formats import status_label

blueprint = signed_in_blueprint("decisions")
BLUEPRINTS = (blueprint,)
# The column that shows tasks which were sent back.
COLUMNS = {TaskStatus.REJECTED: TaskStatus.TODO}


def position_of(task_id: int) -> list[Snapshot]:
    """The place of the task before a decision, for `undo_of`."""
    return tasks.undo.snapshot([task_id], ("position",))


def undo_of(before: Sequence[Snapshot], decided: Sequence[Task]) -> dict[str, Any]:
    """{"undo": ...} for a toast, or {} when nothing was decided."""
    if not decided:
        return {}
    places = {saved.id: saved.fields["position"] for saved in before}
    rows = [{"id": task.id, "version": task.version, "position": places.get(task.id)} for task in decided]
    values = {"decisions": json.dumps(rows, separators=(",", ":"))}
    return {"undo": {"url": "/tasks/undo-review", "label": "Undo", "values": values}}


def words(verb: str, decided: Sequence[Task]) -> str:
    """Such as: Approved “Weekly report”, now in Done."""
    one = len(decided) == 1
    what = f"“{undo.shorten_title(decided[0].title)}”" if one else f"{len(decided)} tasks"
    columns = {COLUMNS.get(task.status, task.status) for task in decided}
    where = f", now in {status_label(columns.pop())}" if len(columns) == 1 else ""
    return f"{verb} {what}{where}."


@blueprint.post("/tasks/undo-review")
def undo_review() -> ResponseReturnValue:
    """Undo the decisions of a toast."""
    try:
        sent = Decisions.validate_json(request.form.get("decisions", ""))
    except ValidationError as error:
        raise Invalid.field("decisions", "There is nothing to undo.") from error
    if len({decided.id for decided in sent}) < len(sent):
        raise Invalid.field("decisions", "A task is named twice.")
    found = tasks.undo_decisions(actor(), [tasks.Decided(one.id, one.version, one.position) for one in sent])
    message = words("Brought back", found)
    if not is_htmx_request():
        flash_toast(message)
        return redirect_to(f"/tasks/{found[0].id}" if len(found) == 1 else "/inbox")
    events = {"toast": toast_event(message, kind="action"), "helix:undone": {"id": found[0].id}}
    return "", 204, trigger_events(events)
