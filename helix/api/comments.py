from typing import Any

from helix.api.blueprint import actor, array_response, limit_and_offset, no_content, signed_in_blueprint
from helix.api.idempotent import idempotent
from helix.schemas.comment import CommentAdded, CommentIn, CommentList, CommentOut, CommentPath
from helix.schemas.common import Paging
from helix.schemas.task import TaskPath
from helix.services import comments

thread_blueprint = signed_in_blueprint("thread", "Comments", "/api/tasks/<int:task_id>/comments")
blueprint = signed_in_blueprint("comments", "Comments", "/api/comments")
BLUEPRINTS = (thread_blueprint, blueprint)


@thread_blueprint.get("/", responses={200: CommentList})
def index(path: TaskPath, query: Paging) -> Any:
    """The thread, oldest first."""
    limit, offset = limit_and_offset(query)
    found, total = comments.thread(actor(), path.task_id, limit=limit, offset=offset)
    return array_response(found, total, query)


@thread_blueprint.post("/", responses={201: CommentAdded})
@idempotent
def add(path: TaskPath, body: CommentIn) -> Any:
    """Add a comment. People mentioned with @ are notified; agents mentioned answer in the thread."""
    added = comments.add_and_wake(actor(), path.task_id, body.content)
    not_woken = {"not_woken": list(added.not_woken)} if added.not_woken else {}
    return comments.serialize(added.comment) | not_woken, 201


@blueprint.patch("/<int:comment_id>", responses={200: CommentOut})
def edit(path: CommentPath, body: CommentIn) -> Any:
    """Change a comment of your own, or any on a board that you manage."""
    return comments.serialize(comments.edit(actor(), path.comment_id, body.content))


@blueprint.delete("/<int:comment_id>", responses={204: None})
def delete(path: CommentPath) -> Any:
    """Delete a comment of your own, or any on a board that you manage."""
    comments.delete(actor(), path.comment_id)
    return no_content()
