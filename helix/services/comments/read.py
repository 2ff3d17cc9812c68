from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from helix.clock import iso
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Comment, Task
from helix.policies.actor import Actor
from helix.services import tasks


def with_author(query: Select[Comment]) -> Select[Comment]:
    return query.options(joinedload(Comment.user), joinedload(Comment.agent))


def of_task(actor: Actor, task_id: int, *, limit: int = 1000, offset: int = 0) -> tuple[list[Comment], int]:
    """The thread, oldest first, and how many comments it has."""
    tasks.lookup.see(actor, task_id)
    return _of(task_id, limit=limit, offset=offset)


def of(task: Task, *, limit: int = 1000, offset: int = 0) -> tuple[list[Comment], int]:
    """Likewise of a task that was looked up already, and so may be seen."""
    return _of(task.id, limit=limit, offset=offset)


def _of(task_id: int, *, limit: int, offset: int) -> tuple[list[Comment], int]:
    query = with_author(select(Comment).where(Comment.task_id == task_id)).order_by(Comment.id)
    rows = list(db.session.scalars(query.limit(limit).offset(offset)))
    if offset == 0 and len(rows) < limit:
        return rows, len(rows)
    return rows, db.session.scalar(select(func.count()).where(Comment.task_id == task_id)) or 0


def get(actor: Actor, comment_id: int) -> Comment:
    """One comment, if the actor sees its task."""
    comment = db.session.scalar(with_author(select(Comment).where(Comment.id == comment_id)))
    if comment is None:
        raise NotFound("There is no such comment.")
    tasks.get(actor, comment.task_id)
    return comment


def with_its_author(comment_id: int) -> Comment:
    """A comment that is there for certain, as it is now."""
    query = with_author(select(Comment).where(Comment.id == comment_id))
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def shown(comment: Comment) -> dict[str, Any]:
    """As the contract writes it."""
    author = comment.agent or comment.user
    return {
        "id": comment.id,
        "task_id": comment.task_id,
        "author_type": comment.author_type,
        "author_id": comment.author_id,
        "author_name": author.shown_name if author else "Somebody",
        "author_avatar_url": comment.user.avatar_url if comment.user else None,
        "content": comment.content,
        "kind": comment.kind,
        "mentions": comment.mentions,
        "created_at": iso(comment.created_at),
        "edited_at": iso(comment.edited_at),
    }
