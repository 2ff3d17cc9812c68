"""What needs a user's attention: results to review, notifications that require action, and blocked runs."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, cast, exists, func, literal, or_, select, update
from sqlalchemy import String as Text
from sqlalchemy.orm import aliased, joinedload
from sqlalchemy.sql import nulls_last

from helix import clock, live
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Agent, Board, HumanRequest, Notification, Run, Task
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import BoardLevel, RunStatus, TaskStatus, Trigger
from helix.models.vocabulary import NotificationType as Type
from helix.policies.actor import Actor
from helix.policies.moves import SETTLED
from helix.services import requests
from helix.services.access import BoardScope, board_scope, on_visible_boards
from helix.services.budgets.months import month_now
from helix.services.notifications import NEED_EVENTS, REVIEW_TYPES
from helix.services.notifications.counters import USER_ID
from helix.services.notifications.inbox import UNREAD, own
from helix.services.work.rules import blocking, joined

# Other types are informational; results to review are listed as tasks.
ACTIONABLE_TYPES = (Type.MENTION, Type.AGENT_ERROR, Type.BUDGET)

# Rules that do not resolve themselves: somebody has to act before the run can start.
NEEDS_ACTION = ("agent_disabled", "agent_budget", "organization_budget", "model_unusable", "review_full")

# Counting stops here: the pages do not show larger numbers.
MAX_COUNTED = 100

_Last = aliased(Run, name="last_run_of_news")
_Newer = aliased(Notification, name="newer")
_Of = aliased(Run, name="run_of_result")


def may_decide(actor: Actor) -> ColumnElement[bool]:
    """policies.tasks.may_review as SQL: the actor's own tasks, and all tasks on boards that the actor manages."""
    own_task = and_(
        Task.created_by_user_id == actor.user_id,
        Task.board_id.in_(select(Board.id).where(on_visible_boards(actor, Board.id, level=BoardLevel.CREATE))),
    )
    managed = select(Board.id).where(on_visible_boards(actor, Board.id, level=BoardLevel.MANAGE))
    return or_(Task.board_id.in_(managed), own_task)


def reviews(actor: Actor, *, limit: int) -> list[tuple[Task, int]]:
    """Tasks in review that the actor may decide on, by priority and then the oldest result first.

    With each the number of results that it has had. One statement.
    """
    is_attempt = or_(Run.trigger != Trigger.MENTION, Run.id == Task.result_run_id)
    attempts = select(func.count()).where(Run.task_id == Task.id, Run.status == RunStatus.SUCCEEDED, is_attempt)
    query = (
        select(Task, attempts.correlate(Task).scalar_subquery())
        .outerjoin(_Of, _Of.id == Task.result_run_id)
        .options(joinedload(Task.assigned_agent), joinedload(Task.created_by), joinedload(Task.last_run))
        .where(LIVE_TASK, Task.status == TaskStatus.REVIEW, may_decide(actor))
        .order_by(Task.priority_rank.desc(), func.coalesce(_Of.finished_at, Task.updated_at), Task.id)
    )
    return [(row[0], row[1]) for row in db.session.execute(query.limit(limit))]


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
    """Unread mentions, questions about needs that are gone, failed runs that are not resolved, and budget warnings.

    Newest first, each with its task.
    """
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


def unread_elsewhere(actor: Actor) -> int:
    """How many unread notifications are about something that is not in "Needs you", counted up to `MAX_COUNTED`."""
    return int(rows(_number_elsewhere(*scopes(actor)), user_id=actor.user_id)[0][0])


@lru_cache(100)
def _number_elsewhere(visible: BoardScope, writable: BoardScope, managed: BoardScope) -> Any:
    ids = unread_elsewhere_ids(visible, writable, managed).limit(MAX_COUNTED)
    return select(func.count()).select_from(ids.subquery())


def scopes(actor: Actor) -> tuple[BoardScope, BoardScope, BoardScope]:
    """The boards that the actor sees, may create tasks on, and manages."""
    visible, writable, managed = (
        board_scope(actor, level) for level in (BoardLevel.VIEW, BoardLevel.CREATE, BoardLevel.MANAGE)
    )
    return visible, writable, managed


def unread_elsewhere_ids(visible: BoardScope, writable: BoardScope, managed: BoardScope) -> Select[Any]:
    """The ids of `unread_elsewhere` of the user in the parameter `user_id`, as a subquery."""
    return select(Notification.id).where(own(visible), UNREAD, ~_in_needs(visible, writable, managed))


def notifications_elsewhere(
    actor: Actor, *, limit: int, after: int | None = None, unread: bool = False
) -> tuple[Sequence[Any], int | None]:
    """The actor's notifications without those in "Needs you", newest first, and the id to go on `after`.

    Of those that asked to review a task there is only the newest.
    """
    query = _elsewhere(*scopes(actor), unread, after is not None)
    more = {} if after is None else {"after": after}
    found = rows(query, user_id=actor.user_id, most=limit + 1, **more)
    return found[:limit], found[limit - 1].id if len(found) > limit else None


@lru_cache(100)
def _elsewhere(visible: BoardScope, writable: BoardScope, managed: BoardScope, unread: bool, after: bool) -> Any:
    query = select(Notification.__table__).where(own(visible), ~_is_replaced())
    needed = _in_needs(visible, writable, managed)
    query = query.where(UNREAD, ~needed) if unread else query.where(or_(Notification.read, ~needed))
    if after:
        query = query.where(Notification.id < bindparam("after"))
    return query.order_by(Notification.id.desc()).limit(bindparam("most"))


def _is_replaced() -> ColumnElement[bool]:
    """A condition on a notification: it asked to review an attempt, and a newer one asks about the next."""
    return and_(
        Notification.type.in_(REVIEW_TYPES),
        exists().where(
            _Newer.target_type == "task",
            _Newer.target_id == Notification.target_id,
            _Newer.user_id == Notification.user_id,
            _Newer.type.in_(REVIEW_TYPES),
            _Newer.id > Notification.id,
        ),
    )


def mark_elsewhere_read(actor: Actor) -> int:
    """Mark what `unread_elsewhere` counts as read. Returns how many there were."""
    ids = unread_elsewhere_ids(*scopes(actor)).params(user_id=actor.user_id)
    change = update(Notification).where(Notification.id.in_(ids)).values(read=True)
    with transaction() as after_commit:
        marked = db.session.execute(change.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
        if marked:
            after_commit(live.publish, "notification", user_id=actor.user_id)
    return marked


def _in_needs(visible: BoardScope, writable: BoardScope, managed: BoardScope) -> ColumnElement[bool]:
    """A condition on an unread notification of the user in `user_id`: what it is about is in "Needs you"."""
    about_a_task = Notification.target_type == "task"
    mine = or_(
        managed.includes(Task.board_id), and_(Task.created_by_user_id == USER_ID, writable.includes(Task.board_id))
    )
    reviewed = exists().where(Task.id == Notification.target_id, LIVE_TASK, Task.status == TaskStatus.REVIEW, mine)
    asked = requests.answerable_ids(writable, managed, USER_ID).where(
        HumanRequest.task_id == Notification.target_id,
        or_(*(Notification.event_key == _request_key(end) for end in ("", ":reminder"))),
    )
    return or_(
        Notification.id.in_(actionable_ids(visible)),
        and_(about_a_task, Notification.type.in_(REVIEW_TYPES), reviewed),
        and_(about_a_task, Notification.type == Type.REQUEST, asked.correlate(Notification).exists()),
    )


def _request_key(end: str) -> ColumnElement[str]:
    """`notifications.request_events` as SQL."""
    return literal("request:") + cast(HumanRequest.id, Text) + literal(end)


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
            or_(Notification.type.in_(ACTIONABLE_TYPES), _asks_about_need()),
            or_(~about_a_task, Task.id.is_not(None)),
            or_(Notification.type != Type.AGENT_ERROR, failed),
        )
    )


def _asks_about_need() -> ColumnElement[bool]:
    """A condition: it asks what becomes of a task whose need is gone."""
    return and_(Notification.type == Type.REQUEST, Notification.event_key.startswith(NEED_EVENTS, autoescape=True))


def _visible(scope: BoardScope) -> tuple[ColumnElement[bool], ...]:
    return Task.deleted_at.is_(None), scope.includes(Task.board_id)
