"""What needs a user's attention: results to review, notifications that require action, and blocked runs."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, or_, select
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.sql import nulls_last

from helix import clock
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Agent, Board, Notification, Run, Task
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import BoardLevel, RunStatus, TaskStatus
from helix.models.vocabulary import NotificationType as Type
from helix.policies.actor import Actor
from helix.policies.moves import SETTLED
from helix.services.access import BoardScope, board_scope, on_visible_boards
from helix.services.budgets.months import month_now
from helix.services.notifications.inbox import UNREAD, own
from helix.services.work.rules import blocking, joined

# Other types are informational; results to review are listed as tasks.
ACTIONABLE_TYPES = (Type.MENTION, Type.AGENT_ERROR, Type.BUDGET)

# Rules that do not resolve themselves: somebody has to act before the run can start.
NEEDS_ACTION = ("agent_disabled", "agent_budget", "organization_budget", "model_unusable", "review_full")

_Last = aliased(Run, name="last_run_of_news")


def may_decide(actor: Actor) -> ColumnElement[bool]:
    """policies.tasks.may_review as SQL: the actor's own tasks, and all tasks on boards that the actor manages."""
    own_task = and_(
        Task.created_by_user_id == actor.user_id,
        Task.board_id.in_(select(Board.id).where(on_visible_boards(actor, Board.id, level=BoardLevel.CREATE))),
    )
    managed = select(Board.id).where(on_visible_boards(actor, Board.id, level=BoardLevel.MANAGE))
    return or_(Task.board_id.in_(managed), own_task)


def reviews(actor: Actor, *, limit: int) -> list[Task]:
    """Tasks in review that the actor may decide on, by priority and then the longest waiting first."""
    query = (
        select(Task)
        .options(joinedload(Task.assigned_agent), joinedload(Task.created_by), joinedload(Task.last_run))
        .where(LIVE_TASK, Task.status == TaskStatus.REVIEW, may_decide(actor))
        .order_by(Task.priority_rank.desc(), Task.updated_at, Task.id)
    )
    return list(db.session.scalars(query.limit(limit)))


def blocked_runs(actor: Actor, *, limit: int, run_id: int | None = None) -> list[tuple[Run, Task, Agent, str]]:
    """Queued runs that need action, on tasks that the actor may decide on, oldest first, with the blocking rule."""
    rules = blocking(clock.now(), month_now(actor.zone))
    first = case(*((condition, code) for code, condition in rules.items()), else_="next")
    query = joined(Run, Task, Agent, first).where(first.in_(NEEDS_ACTION), LIVE_TASK, may_decide(actor))
    if run_id is not None:
        query = query.where(Run.id == run_id)
    rows = db.session.execute(query.order_by(Run.id).limit(limit))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def actionable_notifications(actor: Actor, *, limit: int) -> list[tuple[Notification, Task | None]]:
    """Unread mentions, failed runs that are not resolved, and budget warnings; newest first, each with its task."""
    query = _actionable(board_scope(actor)).with_only_columns(Notification, Task).order_by(Notification.id.desc())
    query = query.limit(limit).options(joinedload(Task.assigned_agent))
    return [(row[0], row[1]) for row in db.session.execute(query, {"user_id": actor.user_id})]


def get_notification(actor: Actor, notification_id: int) -> tuple[Notification, Task | None]:
    """One of the actor's notifications, with its task unless that is deleted. Raises NotFound."""
    scope = board_scope(actor)
    task = and_(Task.id == Notification.target_id, Notification.target_type == "task", *_visible(scope))
    query = select(Notification, Task).outerjoin(Task, task)
    query = query.where(Notification.id == notification_id, own(scope))
    query = query.options(joinedload(Task.assigned_agent), joinedload(Task.last_run))
    row = db.session.execute(query, {"user_id": actor.user_id}).first()
    if row is None:
        raise NotFound("There is no such notification.")
    return row[0], row[1]


def actionable_ids(scope: BoardScope) -> Select[Any]:
    """The ids of `actionable_notifications` of the user in the parameter `user_id`, as a subquery."""
    return _actionable(scope).with_only_columns(Notification.id)


def review_ids(actor: Actor, *, limit: int) -> list[int]:
    """The ids of `reviews`, by due date; those without one last."""
    query = (
        select(Task.id)
        .where(LIVE_TASK, Task.status == TaskStatus.REVIEW, may_decide(actor))
        .order_by(nulls_last(Task.due_at), Task.priority_rank.desc(), Task.id)
    )
    return list(db.session.scalars(query.limit(limit)))


def _actionable(scope: BoardScope) -> Select[Any]:
    about_a_task = Notification.target_type == "task"
    failed = and_(_Last.status == RunStatus.FAILED, Task.status.not_in(SETTLED))
    return (
        select(Notification)
        .outerjoin(Task, and_(Task.id == Notification.target_id, about_a_task, *_visible(scope)))
        .outerjoin(_Last, _Last.id == Task.last_run_id)
        .where(
            own(scope),
            UNREAD,
            Notification.type.in_(ACTIONABLE_TYPES),
            or_(~about_a_task, Task.id.is_not(None)),
            or_(Notification.type != Type.AGENT_ERROR, failed),
        )
    )


def _visible(scope: BoardScope) -> tuple[ColumnElement[bool], ...]:
    return Task.deleted_at.is_(None), scope.includes(Task.board_id)
