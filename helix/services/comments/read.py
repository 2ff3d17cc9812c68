from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, bindparam, func, select
from sqlalchemy.orm import joinedload

from helix.clock import iso
from helix.db.read import rows
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Agent, Comment, Task, User
from helix.models.vocabulary import AuthorType
from helix.policies.actor import Actor
from helix.services.work import lookup


def with_author(query: Select[Comment]) -> Select[Comment]:
    return query.options(joinedload(Comment.user), joinedload(Comment.agent))


# A task without comments gives a row, too: it has the columns that decide about access.
_THREAD = (
    select(
        Task.board_id,
        Task.deleted_at,
        Comment.__table__,
        User.name.label("user_name"),
        User.closed_at,
        func.coalesce(User.avatar_key, Agent.avatar_key).label("avatar_key"),
        Agent.name.label("agent_name"),
        Agent.deleted_at.label("agent_deleted_at"),
    )
    .select_from(Task)
    .outerjoin(Comment, Comment.task_id == Task.id)
    .outerjoin(User, User.id == Comment.user_id)
    .outerjoin(Agent, Agent.id == Comment.agent_id)
    .where(Task.id == bindparam("task"))
    .order_by(Comment.id)
    .limit(bindparam("most", type_=Integer))
    .offset(bindparam("skipped", type_=Integer))
)
_COUNT = select(func.count()).where(Comment.task_id == bindparam("task"))


def thread(actor: Actor, task_id: int, *, limit: int, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """Serialized comments, oldest first, and the total. Raises NotFound when the actor may not see the task."""
    comments = rows(_THREAD, task=task_id, most=limit, skipped=offset)
    if not comments:
        lookup.see(actor, task_id)
    else:
        lookup.refuse_unseen(actor, comments[0])
    serialized = [_serialize_row(row) for row in comments if row.id is not None]
    if offset == 0 and len(comments) < limit:
        return serialized, len(serialized)
    return serialized, rows(_COUNT, task=task_id)[0][0]


def of(task: Task, *, limit: int = 1000, offset: int = 0) -> tuple[list[Comment], int]:
    """The comments of a task whose visibility was checked already."""
    query = with_author(select(Comment).where(Comment.task_id == task.id)).order_by(Comment.id)
    comments = list(db.session.scalars(query.limit(limit).offset(offset)))
    if offset == 0 and len(comments) < limit:
        return comments, len(comments)
    return comments, db.session.scalar(select(func.count()).where(Comment.task_id == task.id)) or 0


def newest_feedback(task: Task, before: datetime | None) -> Comment | None:
    """The feedback that the result written at `before` answers, unless it was withdrawn."""
    query = with_author(select(Comment)).where(Comment.task_id == task.id, Comment.kind == "feedback")
    if before is not None:
        query = query.where(Comment.created_at <= before)
    return db.session.scalar(query.order_by(Comment.id.desc()).limit(1))


def get(actor: Actor, comment_id: int) -> Comment:
    """One comment, if the actor sees its task."""
    comment = db.session.scalar(with_author(select(Comment).where(Comment.id == comment_id)))
    if comment is None:
        raise NotFound("There is no such comment.")
    lookup.get(actor, comment.task_id)
    return comment


def with_its_author(comment_id: int) -> Comment:
    """The current comment, which must exist."""
    query = with_author(select(Comment).where(Comment.id == comment_id))
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _serialize_row(row: Any) -> dict[str, Any]:
    if row.agent_id:
        name = Agent.name_shown(row.agent_name, row.agent_deleted_at)
    else:
        name = User.name_shown(row.user_name, row.closed_at) if row.user_id else "Somebody"
    return _serialize(row, name, User.avatar_at(row.avatar_key))


def serialize(comment: Comment) -> dict[str, Any]:
    """The API representation."""
    author = comment.agent or comment.user
    return _serialize(comment, author.shown_name if author else "Somebody", author.avatar_url if author else None)


def _serialize(comment: Any, author_name: str, author_avatar_url: str | None) -> dict[str, Any]:
    """`comment` is the object or its row."""
    return {
        "id": comment.id,
        "task_id": comment.task_id,
        "author_type": AuthorType.AGENT if comment.agent_id else AuthorType.USER,
        "author_id": comment.agent_id or comment.user_id,
        "author_name": author_name,
        "author_avatar_url": author_avatar_url,
        "content": comment.content,
        "kind": comment.kind,
        "mentions": comment.mentions,
        "created_at": iso(comment.created_at),
        "edited_at": iso(comment.edited_at),
    }
