"""Who hears of it: sets of people's ids. Who may not see the board never does."""

from collections.abc import Iterable

from sqlalchemy import select

from helix.extensions import db
from helix.models import AgentWatch, BoardGrant, Comment, Organization, Task, TaskWatch, User
from helix.models.vocabulary import BoardLevel, Role


def of_task(task: Task) -> set[int]:
    """Its creator, those who commented or were mentioned, and explicit watchers; less who stopped watching."""
    people = {task.created_by_user_id} if task.created_by_user_id else set()
    thread = db.session.execute(select(Comment.user_id, Comment.mentions).where(Comment.task_id == task.id))
    for user_id, mentions in thread:
        people.update([user_id] if user_id else [])
        people.update(mentions.get("users", []))
    return people | _watching(task) - _stopped(task)


def _watching(task: Task) -> set[int]:
    return set(db.session.scalars(select(TaskWatch.user_id).where(TaskWatch.task_id == task.id, TaskWatch.watching)))


def _stopped(task: Task) -> set[int]:
    return set(db.session.scalars(select(TaskWatch.user_id).where(TaskWatch.task_id == task.id, ~TaskWatch.watching)))


def watchers_of_agent(agent_id: int) -> set[int]:
    """Admins from the start, others by choice."""
    chosen = dict(
        db.session.execute(select(AgentWatch.user_id, AgentWatch.watching).where(AgentWatch.agent_id == agent_id)).all()
    )
    return {user for user in admins() if chosen.get(user, True)} | {
        user for user, watching in chosen.items() if watching
    }


def approvers(task: Task) -> set[int]:
    """Who may approve on the board and watches the task, and its creator."""
    may = {user for user in _watching(task) if _level(user, task.board_id) >= BoardLevel.MANAGE}
    return may | ({task.created_by_user_id} if task.created_by_user_id else set()) - _stopped(task)


def admins() -> set[int]:
    return set(db.session.scalars(select(User.id).where(User.role == Role.ADMIN, User.is_active)))


def who_see(people: Iterable[int], board_id: int) -> set[int]:
    """Those of them who are active and see the board."""
    wanted = set(people)
    if not wanted:
        return set()
    rows = db.session.execute(
        select(User.id, User.role, Organization.default_board_level, BoardGrant.level)
        .select_from(User)
        .join(Organization, Organization.id == 1)
        .outerjoin(BoardGrant, (BoardGrant.user_id == User.id) & (BoardGrant.board_id == board_id))
        .where(User.id.in_(wanted), User.is_active)
    )
    return {
        id
        for id, role, default, granted in rows
        if role == Role.ADMIN or (default if granted is None else granted) >= BoardLevel.VIEW
    }


def _level(user_id: int, board_id: int) -> int:
    row = db.session.execute(
        select(User.role, Organization.default_board_level, BoardGrant.level)
        .select_from(User)
        .join(Organization, Organization.id == 1)
        .outerjoin(BoardGrant, (BoardGrant.user_id == User.id) & (BoardGrant.board_id == board_id))
        .where(User.id == user_id, User.is_active)
    ).first()
    if row is None:
        return BoardLevel.NONE
    if row.role == Role.ADMIN:
        return BoardLevel.MANAGE
    return row.default_board_level if row.level is None else row.level
