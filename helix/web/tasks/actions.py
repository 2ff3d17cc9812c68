"""Actions on a task from its panel and its card: edit, run, approve, reject, watch, archive, delete."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from helix.errors import Conflict, Invalid
from helix.models import Task
from helix.schemas.task import TaskPatch
from helix.services import runs, tasks
from helix.services.tasks.edit import StaleTask
from helix.text import times
from helix.web import forms
from helix.web.blueprint import (
    actor,
    close_dialog,
    flash_toast,
    is_htmx_request,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
    toast_event,
    toast_header,
    trigger_events,
)
from helix.web.boards import undo
from helix.web.forms import field_errors, int_or_none, posted_text, split_tags
from helix.web.tasks import decisions
from helix.web.tasks import form as task_form
from helix.web.tasks.edit_conflicts import conflict_context
from helix.web.tasks.page import is_task_page, task_response

blueprint = signed_in_blueprint("task_changes")
BLUEPRINTS = (blueprint,)
# Of a task that was run although it is blocked.
WHEN_READY = "It runs by itself when the tasks that it needs are done."
FIELDS = (
    "title",
    "description",
    "status",
    "priority",
    "assigned_agent_id",
    "assigned_user_id",
    "due_date",
    "tags",
    "requires_approval",
)


@blueprint.post("/tasks/<int:task_id>/edit")
def edit(task_id: int) -> ResponseReturnValue:
    """Save the posted fields. On a version conflict, show both versions so that no input is lost."""
    typed = task_form.posted_values()
    try:
        shown = task_form.current_values(tasks.get(actor(), task_id))
        tasks.edit(actor(), task_id, _changes(typed, shown), version=int_or_none(request.form, "version"))
    except StaleTask as error:
        if is_htmx_request():
            return render_partial("tasks/_stale.html", 409, **conflict_context(error, typed))
        return render_page("tasks/stale.html", status=409, **conflict_context(error, typed))
    except (Invalid, Conflict) as error:
        if is_htmx_request():
            raise
        problems = field_errors(error) if isinstance(error, Invalid) else {"": error.message}
        return task_form.render_form(task_id, typed, problems, 422)
    return task_response(task_id)


def _changes(typed: dict[str, str], shown: dict[str, str]) -> dict[str, Any]:
    """The validated changes of the form against the values it `shown`. Raises Invalid.

    A due day ends in the organization's time zone.
    """
    fields = {name: typed[name] for name in FIELDS if name in typed}
    sent = forms.changed_fields(fields, shown, texts=("description",))
    if "tags" in sent:
        sent["tags"] = split_tags(sent["tags"])
    for name in ("assigned_agent_id", "assigned_user_id", "due_date"):
        if sent.get(name) == "":
            sent[name] = None
    if "description" in sent:
        sent["description"] = sent["description"].replace("\r\n", "\n")
    try:
        changes = TaskPatch.model_validate(sent).model_dump(include=set(sent))
    except ValidationError as error:
        raise Invalid(
            [
                {"loc": [name], "msg": f"{name.replace('_', ' ').capitalize()}: {message}", "type": "value_error"}
                for name, message in field_errors(error).items()
            ]
        ) from None
    if "due_date" in changes:
        try:
            changes["due_at"] = times.moment(changes.pop("due_date"), actor().zone)
        except ValueError as error:
            raise Invalid.field("due_date", str(error)) from None
    return changes


@blueprint.post("/tasks/<int:task_id>/execute")
def execute(task_id: int) -> ResponseReturnValue:
    _, run_id = runs.start(actor(), task_id)
    return _action_response(task_id, {} if run_id else toast_header(WHEN_READY))


@blueprint.post("/tasks/<int:task_id>/cancel-run")
def cancel_run(task_id: int) -> ResponseReturnValue:
    runs.cancel(actor(), task_id)
    return task_response(task_id)


@blueprint.post("/tasks/<int:task_id>/approve")
def approve(task_id: int) -> ResponseReturnValue:
    before = decisions.position_of(task_id)
    task = tasks.approve(actor(), task_id)
    message, back = decisions.words("Approved", [task]), decisions.undo_of(before, [task])
    if not is_htmx_request():
        flash_toast(message, **back)
        return redirect_to(f"/tasks/{task_id}")
    return _action_response(task_id, trigger_events({"toast": toast_event(message, kind="action", **back)}))


@blueprint.get("/tasks/<int:task_id>/reject")
def reject_form(task_id: int) -> ResponseReturnValue:
    task = tasks.get(actor(), task_id)
    return _reject_form(tasks.serialize_one(actor(), task))


def _reject_form(task: dict[str, Any], feedback: str = "", problem: str = "", status: int = 200) -> ResponseReturnValue:
    """A dialog for htmx, a page without JavaScript."""
    context = {"task": task, "feedback": feedback, "problem": problem}
    if is_htmx_request():
        return render_partial("tasks/_reject.html", status, **context)
    return render_page("tasks/reject.html", here=f"board-{task['board_id']}", status=status, **context)


@blueprint.post("/tasks/<int:task_id>/reject")
def reject(task_id: int) -> ResponseReturnValue:
    feedback, run_again = posted_text("feedback"), bool(request.form.get("run"))
    before = decisions.position_of(task_id)
    try:
        task = tasks.reject(actor(), task_id, feedback, run_again=run_again)
    except Invalid as error:
        shown = tasks.serialize_one(actor(), tasks.get(actor(), task_id))
        return _reject_form(shown, feedback, str(error), 422)
    warnings = run_warnings(task, run_again=run_again)
    message, back = " ".join((decisions.words("Sent back", [task]), *warnings)), decisions.undo_of(before, [task])
    if not is_htmx_request():
        flash_toast(message, "warn" if warnings else "ok", **back)
        return redirect_to(f"/tasks/{task_id}")
    # The event stream updates the board and the panel.
    return close_dialog(render_toast(message, "warn" if warnings else "ok", kind="action", **back))


@blueprint.post("/tasks/<int:task_id>/watch")
def watch(task_id: int) -> ResponseReturnValue:
    shown = tasks.serialize_one(actor(), tasks.get(actor(), task_id))
    tasks.watch(actor(), task_id, watching=not shown["watching"])
    return task_response(task_id)


@blueprint.post("/tasks/<int:task_id>/archive")
def archive(task_id: int) -> ResponseReturnValue:
    """Archive or restore the task as `?archived=` says (1 or 0); toggle without it."""
    requested = request.args.get("archived")
    archived = not tasks.get(actor(), task_id).archived if requested is None else requested == "1"
    before = tasks.undo.snapshot([task_id], ("archived",))
    task = tasks.edit(actor(), task_id, {"archived": archived})
    message = f"Archived “{undo.shorten_title(task.title)}”." if archived else "Brought back from the archive."
    back = undo.undo_changes(task.board_id, tasks.undo.reverse_of(before, [task]))
    return task_response(task_id, headers=trigger_events({"toast": toast_event(message, kind="action", **back)}))


@blueprint.post("/tasks/<int:task_id>/delete")
def delete(task_id: int) -> ResponseReturnValue:
    task = tasks.get(actor(), task_id)
    tasks.delete(actor(), task_id)
    message = f"Deleted “{undo.shorten_title(task.title)}”."
    back = undo.undo_deletion(task.board_id, [task_id])
    if not is_htmx_request() or is_task_page(task_id):
        flash_toast(message, **back)
        return redirect_to(f"/boards/{task.board_id}")
    return (
        "",
        204,
        trigger_events({"toast": toast_event(message, kind="action", **back), "helix:gone": {"id": task_id}}),
    )


def _action_response(task_id: int, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    """204 for a card, which the event stream refreshes; else the panel."""
    if request.form.get("from") == "board":
        return "", 204, headers or {}
    return task_response(task_id, headers=headers)


def run_warnings(task: Task, *, run_again: bool) -> list[str]:
    """Why a run that was asked for with the rejection did not start. Empty if it did, or was not asked for."""
    if run_again and task.run_when_ready:
        return [WHEN_READY]
    refused = runs.refusal(task) if run_again else None
    return ["The agent was not started again.", refused] if refused else []
