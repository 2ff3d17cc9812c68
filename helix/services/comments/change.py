from sqlalchemy import select

from helix import clock, live
from helix.db.locking import lock
from helix.db.transaction import transaction
from helix.errors import Forbidden, NotFound
from helix.extensions import db
from helix.models import Comment, Task
from helix.policies import comments as policy
from helix.policies import tasks as task_policy
from helix.policies.actor import Actor
from helix.services import activity, notifications
from helix.services.comments.add import check
from helix.services.comments.mentioned import mentioned
from helix.services.comments.read import with_its_author
from helix.text import cleaning


def edit(actor: Actor, comment_id: int, content: str) -> Comment:
    """Edit a comment. Newly mentioned people are notified; agents do not start again."""
    check(content)
    with transaction() as after_commit:
        comment, task = _to_change(actor, comment_id)
        # Browsers send CRLF line ends: an unchanged comment must not count as edited.
        if cleaning.plain_line_ends(content) == cleaning.plain_line_ends(comment.content):
            return with_its_author(comment_id)
        before = set(comment.mentions.get("users", []))
        named = mentioned(content)
        comment.content = content
        comment.mentions = {"users": named.users, "agents": named.agents}
        comment.edited_at = clock.now()
        _record(actor, "comment.edited", comment, task)
        notifications.mentioned(actor, task, comment, [user for user in named.users if user not in before])
        after_commit(live.publish, "comment", comment.id, board_id=task.board_id, task_id=task.id)
    return with_its_author(comment_id)


def delete(actor: Actor, comment_id: int) -> None:
    with transaction() as after_commit:
        comment, task = _to_change(actor, comment_id)
        db.session.delete(comment)
        task.comment_count = max(0, task.comment_count - 1)
        _record(actor, "comment.deleted", comment, task)
        after_commit(live.publish, "comment", comment.id, board_id=task.board_id, task_id=task.id)


def _to_change(actor: Actor, comment_id: int) -> tuple[Comment, Task]:
    """The current comment, under the lock of its task, so that of two concurrent deletions one fails."""
    task_id = db.session.scalar(select(Comment.task_id).where(Comment.id == comment_id))
    task = task_id and lock(Task, task_id)
    query = select(Comment).where(Comment.id == comment_id).execution_options(populate_existing=True)
    comment = db.session.scalar(query)
    if comment is None or not task or task.deleted_at or not task_policy.may_see(actor, task):
        raise NotFound("There is no such comment.")
    if not policy.may_change(actor, comment, task):
        raise Forbidden("Only its author, or who manages the board, may change a comment.")
    return comment, task


def _record(actor: Actor, action: str, comment: Comment, task: Task) -> None:
    activity.record(actor, action, "comment", comment.id, task.title, board_id=task.board_id, task_id=task.id)
