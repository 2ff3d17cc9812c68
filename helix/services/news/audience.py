"""Who hears of it. Each group is a select of people's ids; `hearing` makes of them, in one statement, who is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Select, case, cast, func, literal, or_, select, union_all

from helix.extensions import db
from helix.models import AgentWatch, BoardGrant, Comment, Organization, Task, TaskWatch, User
from helix.models.vocabulary import BoardLevel, Role

People = Select[Any]


@dataclass(frozen=True)
class Group:
    """People's ids, and the level on the task's board from which they are told."""

    people: Sequence[People]
    level: BoardLevel = BoardLevel.VIEW


def of_task(task: Task) -> Group:
    """Its creator, those who commented or were mentioned, and explicit watchers."""
    commented = select(Comment.user_id).where(Comment.task_id == task.id, Comment.user_id.is_not(None))
    return Group([*_creator(task), commented, _mentioned(task), _watching(task)])


def creator(task: Task) -> Group:
    return Group(_creator(task))


def watchers_of_agent(agent_id: int | None) -> Group:
    """Admins from the start, others by choice."""
    return Group(_watching_agent(agent_id))


def approvers(task: Task) -> Group:
    """Who watches the task or its agent, and may approve on the board."""
    return Group([_watching(task), *_watching_agent(task.assigned_agent_id)], BoardLevel.MANAGE)


def named(people: Iterable[int]) -> Group:
    return Group([select(User.id).where(User.id.in_(list(people)))])


def admins() -> list[int]:
    return list(db.session.scalars(select(User.id).where(User.role == Role.ADMIN, User.is_active).order_by(User.id)))


def hearing(task: Task, groups: Sequence[Group], *, besides: int | None, even_who_stopped: bool = False) -> list[int]:
    """Those in one of the groups who are active and have its level on the board, less who stopped watching the task.

    `besides` is who did it: nobody is told of his own deeds.
    """
    granted = func.coalesce(BoardGrant.level, Organization.default_board_level)
    level = case((User.role == Role.ADMIN, literal(int(BoardLevel.MANAGE))), else_=granted)
    query = (
        select(User.id)
        .select_from(User)
        .join(Organization, Organization.id == 1)
        .outerjoin(BoardGrant, (BoardGrant.user_id == User.id) & (BoardGrant.board_id == task.board_id))
        .where(User.is_active)
        .where(or_(*[User.id.in_(_together(group)) & (level >= int(group.level)) for group in groups if group.people]))
        .order_by(User.id)
    )
    if besides is not None:
        query = query.where(User.id != besides)
    if not even_who_stopped:
        stopped = select(TaskWatch.user_id).where(TaskWatch.task_id == task.id, ~TaskWatch.watching)
        query = query.where(User.id.not_in(stopped))
    return list(db.session.scalars(query)) if any(group.people for group in groups) else []


def _together(group: Group) -> Any:
    return union_all(*group.people) if len(group.people) > 1 else group.people[0]


def _creator(task: Task) -> list[People]:
    return [select(User.id).where(User.id == task.created_by_user_id)] if task.created_by_user_id else []


def _watching(task: Task) -> People:
    return select(TaskWatch.user_id).where(TaskWatch.task_id == task.id, TaskWatch.watching)


def _watching_agent(agent_id: int | None) -> list[People]:
    if agent_id is None:
        return []
    chose = select(AgentWatch.user_id).where(AgentWatch.agent_id == agent_id)
    stopped = chose.where(~AgentWatch.watching)
    return [
        chose.where(AgentWatch.watching),
        select(User.id).where(User.role == Role.ADMIN, User.id.not_in(stopped)),
    ]


def _mentioned(task: Task) -> People:
    """Taken out of the comments by the database: a thread of thousands sends a handful of ids."""
    if db.engine.dialect.name == "postgresql":
        users = func.json_array_elements_text(func.json_extract_path(Comment.mentions, "users"))
    else:
        users = func.json_each(Comment.mentions, "$.users")
    named = users.table_valued("value", name="named")
    query = select(cast(named.c.value, BigInteger)).select_from(Comment)
    return query.join(named, literal(True)).where(Comment.task_id == task.id)
