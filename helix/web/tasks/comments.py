from flask import Response, flash
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models import Comment, Task
from helix.services import comments, tasks
from helix.web.blueprint import (
    actor,
    append_html,
    is_htmx_request,
    redirect_to,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.forms import posted_text
from helix.web.tasks.page import render_panel
from helix.web.tasks.panel import comment_context

blueprint = signed_in_blueprint("comments")
BLUEPRINTS = (blueprint,)


@blueprint.post("/tasks/<int:task_id>/comments")
def add(task_id: int) -> ResponseReturnValue:
    """Add a comment.

    The response is the whole panel, because an event of the comment may have refreshed the panel before it arrives.
    """
    added = comments.add_and_wake(actor(), task_id, posted_text("content"))
    not_woken = " ".join(added.not_woken)
    if not is_htmx_request():
        if not_woken:
            flash(not_woken, "warn")
        return redirect_to(f"/tasks/{task_id}")
    return append_html(render_panel(task_id), render_toast(not_woken, "warn") if not_woken else "")


@blueprint.get("/comments/<int:comment_id>")
def show(comment_id: int) -> ResponseReturnValue:
    return _comment(*_found(comment_id))


@blueprint.get("/comments/<int:comment_id>/edit")
def write(comment_id: int) -> ResponseReturnValue:
    comment, _task = _found(comment_id)
    return render_partial("comments/_edit.html", comment=comment, content=comment.content, problem="")


@blueprint.post("/comments/<int:comment_id>/edit")
def edit(comment_id: int) -> ResponseReturnValue:
    try:
        comments.edit(actor(), comment_id, posted_text("content"))
    except Invalid as error:
        comment, _task = _found(comment_id)
        return render_partial(
            "comments/_edit.html", 422, comment=comment, content=posted_text("content"), problem=str(error)
        )
    return _comment(*_found(comment_id))


@blueprint.post("/comments/<int:comment_id>/delete")
def delete(comment_id: int) -> ResponseReturnValue:
    comment, task = _found(comment_id)
    comments.delete(actor(), comment.id)
    return "" if is_htmx_request() else redirect_to(f"/tasks/{task.id}")


def _found(comment_id: int) -> tuple[Comment, Task]:
    """The comment and its task. Raises NotFound when the actor may not see them."""
    comment = comments.get(actor(), comment_id)
    return comment, tasks.get(actor(), comment.task_id)


def _comment(comment: Comment, task: Task) -> Response:
    shown = comment_context(actor(), comment, task)
    return render_partial("comments/_comment.html", comment=shown, may_edit=shown["may_edit"])
