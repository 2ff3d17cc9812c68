from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models import Comment, Task
from helix.services import comments, tasks
from helix.web.door import actor, by_htmx, part, section, see
from helix.web.forms import written
from helix.web.tasks.panel import shown_comment

door = section("comments")
DOORS = (door,)


@door.post("/tasks/<int:task_id>/comments")
def add(task_id: int) -> ResponseReturnValue:
    """The comment itself, for the end of the thread."""
    added = comments.add(actor(), task_id, written("content"))
    if not by_htmx():
        return see(f"/tasks/{task_id}")
    comment, task = _found(added.id)
    return _comment(comment, task)


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


def _comment(comment: Comment, task: Task) -> ResponseReturnValue:
    shown = shown_comment(actor(), comment, task)
    return part("comments/_comment.html", comment=shown, may_edit=shown["may_edit"])
