"""Moving a task to another board, from its menu."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.models import Task
from helix.policies import boards as policy
from helix.services import boards, tasks
from helix.services.work import lookup
from helix.web import forms
from helix.web.blueprint import (
    actor,
    close_dialog,
    flash_toast,
    is_htmx_request,
    redirect_to,
    render_page,
    render_partial,
    signed_in_blueprint,
    toast_event,
    trigger_events,
)
from helix.web.boards import undo
from helix.web.forms import parse_id

blueprint = signed_in_blueprint("task_board")
BLUEPRINTS = (blueprint,)


@blueprint.get("/tasks/<int:task_id>/board")
def form(task_id: int) -> ResponseReturnValue:
    return _form(tasks.get(actor(), task_id, to=lookup.policy.may_edit))


@blueprint.post("/tasks/<int:task_id>/board")
def move(task_id: int) -> ResponseReturnValue:
    task = tasks.get(actor(), task_id, to=lookup.policy.may_edit)
    try:
        board_id = parse_id(request.form.get("board_id", ""), "board_id")
        before = tasks.undo.snapshot([task_id], ("board_id", "position"))
        task = tasks.edit(actor(), task_id, {"board_id": board_id or 0})
    except forms.FORM_ERRORS as error:
        return _form(task, forms.error_messages(error, otherwise="board_id"), 422)
    words = f"Moved “{undo.shorten_title(task.title)}” to {boards.get(actor(), task.board_id).name}."
    back = undo.undo_changes(task.board_id, tasks.undo.reverse_of(before, [task]))
    if not is_htmx_request():
        flash_toast(words, **back)
        return redirect_to(f"/tasks/{task_id}")
    answer = close_dialog()
    answer.headers.update(trigger_events({"toast": toast_event(words, kind="action", **back)}))
    return answer


def _form(task: Task, problems: forms.FieldErrors | None = None, status: int = 200) -> ResponseReturnValue:
    """A dialog for htmx, a page without JavaScript."""
    found = [one for one in boards.boards(actor()) if policy.may_create_tasks(actor(), one) and one.id != task.board_id]
    context: dict[str, Any] = {
        "task": task,
        "title": f"Move “{undo.shorten_title(task.title)}”",
        "action": f"/tasks/{task.id}/board",
        "boards": [("", "Choose a board"), *((one.id, one.name) for one in found)],
        "problems": problems or {},
    }
    if is_htmx_request():
        return render_partial("tasks/_board.html", status, **context)
    return render_page("tasks/board.html", here=f"board-{task.board_id}", status=status, **context)
