"""Templates of tasks: saved from a task's menu, and listed for those who change them."""

from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue

from helix.models import Task
from helix.models.vocabulary import BoardLevel
from helix.schemas.schedule import TemplateIn
from helix.services import schedules, tasks
from helix.web import forms
from helix.web.blueprint import (
    actor,
    close_dialog,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)

blueprint = signed_in_blueprint("task_templates")
BLUEPRINTS = (blueprint,)
MESSAGES = {"name": "Enter a name of 1 to 120 characters."}


@blueprint.get("/task-templates")
def index() -> ResponseReturnValue:
    shown = [schedules.serialize_template(actor(), one) for one in schedules.templates(actor())]
    boards = {board.id: board.name for board in layout_context().boards}
    return render_page("schedules/templates.html", here="schedules", templates=shown, boards=boards)


@blueprint.post("/task-templates/<int:template_id>/delete")
def delete(template_id: int) -> ResponseReturnValue:
    name = schedules.get_template(actor(), template_id).name
    schedules.delete_template(actor(), template_id)
    flash(f"Deleted the template {name}.", "ok")
    return redirect_to("/task-templates")


@blueprint.get("/tasks/<int:task_id>/template")
def new(task_id: int) -> ResponseReturnValue:
    task = tasks.get(actor(), task_id)
    return _form(task, {"name": task.title[:120], "scope": "board"})


@blueprint.post("/tasks/<int:task_id>/template")
def create(task_id: int) -> ResponseReturnValue:
    """Save what the task has as a template."""
    task, typed = tasks.get(actor(), task_id), forms.posted_fields("name", "scope")
    content = {
        "title": task.title,
        "description": task.description,
        "agent_id": task.assigned_agent_id,
        "priority": str(task.priority),
        "tags": list(task.tags),
        "requires_approval": task.requires_approval,
    }
    board_id = None if typed["scope"] == "all" else task.board_id
    try:
        sent = TemplateIn.model_validate({"name": typed["name"], "board_id": board_id, "content": content})
        template = schedules.add_template(actor(), **sent.model_dump())
    except forms.FORM_ERRORS as error:
        return _form(task, typed, forms.error_messages(error, words=MESSAGES, otherwise="name"), 422)
    message = f"Saved the template {template.name}. New task offers it."
    if is_htmx_request():
        return close_dialog(render_toast(message, href="/task-templates", link="Templates"))
    flash(message, "ok")
    return redirect_to(f"/tasks/{task_id}")


def _form(
    task: Task, typed: dict[str, Any], problems: forms.FieldErrors | None = None, status: int = 200
) -> ResponseReturnValue:
    board = next((board.name for board in layout_context().boards if board.id == task.board_id), "")
    context = {
        "action": request.path,
        "task_id": task.id,
        "typed": typed,
        "problems": problems or {},
        "board_name": board,
        "for_all": actor().is_admin,
        "may_save": actor().level_on(task.board_id) >= BoardLevel.MANAGE,
    }
    if is_htmx_request():
        return render_partial("schedules/_template.html", status, **context)
    return render_page("schedules/template.html", status=status, **context)
