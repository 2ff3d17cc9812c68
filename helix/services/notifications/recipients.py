"""Who is notified. Each group is a select of people's ids; `select_recipients` combines them into one statement."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, case, cast, func, literal, or_, select, union_all

from helix.db.id_list import one_of
from helix.extensions import db
from helix.models import AgentWatch, Board, BoardGrant, Comment, Organization, Run, Task, TaskWatch, User
from helix.models.types import Id
from helix.models.vocabulary import BoardLevel, Role

People = Select[Any]

_TASK = bindparam("of_task", type_=Id)
_AGENT = bindparam("of_agent", type_=Id)
# An id that no user has.
NOBODY = 0


def _mentioned(named: Any) -> People:
    """Extracted by the database, so that only a few ids of a long thread are transferred."""
    people = named.table_valued("value", name="named")
    query = select(cast(people.c.value, BigInteger)).select_from(Comment)
    return query.join(people, literal(True)).where(Comment.task_id == _TASK)


# Built once: building statements costs more than executing them.
CREATOR = select(User.id).where(User.id == bindparam("of_creator", type_=Id))
REQUESTED = select(User.id).where(User.id == bindparam("of_requester", type_=Id))
ASSIGNED = select(Task.assigned_user_id).where(Task.id == _TASK, Task.assigned_user_id.is_not(None))
COMMENTED = select(Comment.user_id).where(Comment.task_id == _TASK, Comment.user_id.is_not(None))
WATCHING = select(TaskWatch.user_id).where(TaskWatch.task_id == _TASK, TaskWatch.watching)
STOPPED = select(TaskWatch.user_id).where(TaskWatch.task_id == _TASK, ~TaskWatch.watching)
MENTIONED = {
    "postgresql": _mentioned(func.json_array_elements_text(func.json_extract_path(Comment.mentions, "users"))),
    "sqlite": _mentioned(func.json_each(Comment.mentions, "$.users")),
}
# Admins from the start, others by choice.
_CHOSE = select(AgentWatch.user_id).where(AgentWatch.agent_id == _AGENT)
WATCHING_AGENT = _CHOSE.where(AgentWatch.watching)
ADMINS_WATCHING = select(User.id).where(
    User.role == Role.ADMIN, _AGENT.is_not(None), User.id.not_in(_CHOSE.where(~AgentWatch.watching))
)
NAMED = select(User.id).where(one_of(User.id, "named"))
ADMINS = select(User.id).where(User.role == Role.ADMIN, User.is_active).order_by(User.id)


@dataclass(frozen=True)
class Group:
    """People's ids, and the level on the task's board that they need. `values` are bound to the selects."""

    people: tuple[People, ...]
    level: BoardLevel = BoardLevel.VIEW
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Recipients:
    """A select of the recipients' ids, and its values."""

    people: People
    values: Mapping[str, Any] = field(default_factory=dict)


def of_task() -> Group:
    """The task's creator and assigned person, people who commented or were mentioned, and people who watch it."""
    return Group((CREATOR, ASSIGNED, COMMENTED, MENTIONED[db.engine.dialect.name], WATCHING))


def creator() -> Group:
    return Group((CREATOR,))


def watchers_of_agent(agent_id: int) -> Group:
    return Group((WATCHING_AGENT, ADMINS_WATCHING), values={"of_agent": agent_id})


def approvers(task: Task) -> Group:
    """People who watch the task or its agent, or are assigned to it, and may approve on the board."""
    people = (ASSIGNED, WATCHING, WATCHING_AGENT, ADMINS_WATCHING)
    return Group(people, BoardLevel.MANAGE, {"of_agent": task.assigned_agent_id})


def answerers(run: Run, *, level: BoardLevel) -> tuple[Group, Group]:
    """People a run may ask something: those who follow it and manage the board, and the creator from `level` on."""
    people = (ASSIGNED, WATCHING, WATCHING_AGENT, ADMINS_WATCHING, REQUESTED)
    values = {"of_agent": run.agent_id, "of_requester": run.requested_by_user_id}
    return Group(people, BoardLevel.MANAGE, values), Group((CREATOR,), level)


def named(people: Iterable[int]) -> Group:
    return Group((NAMED,), values={"named": list(people)})


def admins() -> Recipients:
    return Recipients(ADMINS)


def person(user_id: int) -> Recipients:
    return Recipients(CREATOR, {"of_creator": user_id})


def select_recipients(
    task: Task, groups: Sequence[Group], *, besides: int | None, include_stopped: bool = False
) -> Recipients:
    """Active members of the groups with the group's level on the board, without those who stopped watching the task.

    `besides` is the id of the person who acted: they are not notified of their own action.
    """
    values = {"of_task": task.id, "of_board": task.board_id, "of_creator": task.created_by_user_id}
    for group in groups:
        values |= group.values
    return Recipients(_select_recipients(tuple(groups), include_stopped), values | {"besides": besides or NOBODY})


@cache
def _select_recipients(groups: tuple[Group, ...], include_stopped: bool) -> People:
    granted = func.coalesce(BoardGrant.level, Board.default_level, Organization.default_board_level)
    level = case((User.role == Role.ADMIN, literal(int(BoardLevel.MANAGE))), else_=granted)
    of_board = (BoardGrant.user_id == User.id) & (BoardGrant.board_id == bindparam("of_board", type_=Id))
    query = (
        select(User.id)
        .select_from(User)
        .join(Organization, Organization.id == 1)
        .outerjoin(Board, Board.id == bindparam("of_board", type_=Id))
        .outerjoin(BoardGrant, of_board)
        .where(User.is_active, User.id != bindparam("besides", type_=Id))
        .where(or_(*[User.id.in_(_union(group)) & (level >= int(group.level)) for group in groups]))
        .order_by(User.id)
    )
    return query if include_stopped else query.where(User.id.not_in(STOPPED))


def _union(group: Group) -> Any:
    first, *others = group.people
    return union_all(first, *others) if others else first
