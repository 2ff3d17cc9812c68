"""What a task needs, in its panel: the search for a task, adding one and going on without one."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models.vocabulary import LinkUntil, TaskStatus
from helix.policies.moves import OPEN
from helix.services import search, tasks
from helix.services.tasks import needs
from helix.services.work import lookup
from helix.text import task_keys
from helix.web.blueprint import actor, render_partial, signed_in_blueprint
from helix.web.forms import parse_choice, search_text
from helix.web.tasks.page import task_response

blueprint = signed_in_blueprint("task_needs")
BLUEPRINTS = (blueprint,)
MOST_FOUND = 8


@blueprint.get("/tasks/<int:task_id>/needs")
def find(task_id: int) -> ResponseReturnValue:
    """The tasks that this one may need: matches of `q`, else the open tasks of its board that changed last."""
    task = tasks.get(actor(), task_id, to=lookup.policy.may_edit)
    linked = needs.linked(actor(), task_id)
    known = {task_id, *(one["id"] for part in ("needs", "needed_by") for one in linked[part])}
    found = [
        one
        for one in _found(search_text(request.args, "q"), task.board_id)
        if one["id"] not in known and one["status"] != TaskStatus.CANCELLED
    ]
    return render_partial("tasks/_needs_found.html", task=task, found=found[:MOST_FOUND])


def _found(typed: str, board_id: int) -> list[dict[str, Any]]:
    limit = MOST_FOUND + needs.MAX_NEEDS + 1
    if typed.strip():
        return tasks.serialize_by_ids(actor(), search.tasks(actor(), typed, limit=limit))
    wanted = tasks.TaskFilter(board_id=board_id, statuses=OPEN, sort="-updated_at")
    return tasks.listed(actor(), wanted, limit=limit, offset=0)[0]


@blueprint.post("/tasks/<int:task_id>/needs")
def add(task_id: int) -> ResponseReturnValue:
    """Let the task need another one, named by its number or as SEO-22. `until` says how far that has to come."""
    named = task_keys.parse(request.form.get("needs_task_id", ""))
    if named is None:
        raise Invalid.field("needs_task_id", "Name the task by its ID, such as SEO-22.")
    until = parse_choice(LinkUntil, "until", request.form["until"]) if request.form.get("until") else None
    needs.need(actor(), task_id, named[1], until)
    return task_response(task_id)


@blueprint.post("/tasks/<int:task_id>/needs/<int:needs_task_id>/remove")
def remove(task_id: int, needs_task_id: int) -> ResponseReturnValue:
    needs.do_without(actor(), task_id, needs_task_id)
    return task_response(task_id)
