from flask import Response, flash
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models import Comment, Task
from helix.services import comments, tasks
from helix.web import form_values
from helix.web.blueprint import actor, by_htmx, part, section, see, toast
from helix.web.forms import written
from helix.web.tasks.panel import shown_comment

door = section("comments")
DOORS = (door,)


@door.post("/tasks/<int:task_id>/comments")
def add(task_id: int) -> ResponseReturnValue:
    """The comment itself, for the end of the thread."""
    added = comments.say(actor(), task_id, written("content"))
    not_woken = " ".join(added.not_woken)
    if not by_htmx():
        if not_woken:
            flash(not_woken, "warn")
        return see(f"/tasks/{task_id}")
    answer = _comment(*_found(added.comment.id))
    return form_values.with_more(answer, toast(not_woken, "warn")) if not_woken else answer


@door.get("/comments/<int:comment_id>")
def show(comment_id: int) -> ResponseReturnValue:
    return _comment(*_found(comment_id))


@door.get("/comments/<int:comment_id>/edit")
def write(comment_id: int) -> ResponseReturnValue:
    comment, _task = _found(comment_id)
    return part("comments/_edit.html", comment=comment, content=comment.content, problem="")


@door.post("/comments/<int:comment_id>/edit")
def edit(comment_id: int) -> ResponseReturnValue:
    try:
        comments.edit(actor(), comment_id, written("content"))
    except Invalid as error:
        comment, _task = _found(comment_id)
        return part("comments/_edit.html", 422, comment=comment, content=written("content"), problem=str(error))
    return _comment(*_found(comment_id))


@door.post("/comments/<int:comment_id>/delete")
def delete(comment_id: int) -> ResponseReturnValue:
    comment, task = _found(comment_id)
    comments.delete(actor(), comment.id)
    return "" if by_htmx() else see(f"/tasks/{task.id}")


def _found(comment_id: int) -> tuple[Comment, Task]:
    """The comment with its task, if the actor sees that."""
    comment = comments.get(actor(), comment_id)
    return comment, tasks.get(actor(), comment.task_id)


def _comment(comment: Comment, task: Task) -> Response:
    shown = shown_comment(actor(), comment, task)
    return part("comments/_comment.html", comment=shown, may_edit=shown["may_edit"])
