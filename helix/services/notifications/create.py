"""Notifications for the people an event concerns, written in the transaction of the change."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, TextClause, bindparam, delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helix import clock, live
from helix.db.transaction import transaction
from helix.db.write import table, write
from helix.extensions import db
from helix.models import Agent, Comment, HumanRequest, Notification, Run, Schedule, Task, User, WorkflowRun
from helix.models.notification import ABOUT_A_TASK
from helix.models.vocabulary import BoardLevel, RequestKind, TaskStatus
from helix.models.vocabulary import NotificationType as Type
from helix.policies.actor import SYSTEM, Actor
from helix.policies.failures import FAILURE_TEXTS
from helix.policies.needs import STOPPED
from helix.services.deliveries import telegram_outbox
from helix.services.notifications import preferences, recipients
from helix.text.markdown import plain

Condition = ColumnElement[bool] | TextClause
# What the event keys begin with that ask what becomes of a task whose need is gone.
NEED_EVENTS = "need:"
# Notifications that ask for a decision on a result.
REVIEW_TYPES = (Type.APPROVAL_NEEDED, Type.TASK_REVIEW)


def task_assigned(actor: Actor, task: Task, agent: Agent) -> None:
    groups = [recipients.watchers_of_agent(agent.id), recipients.creator()]
    _about_task(actor, Type.TASK_ASSIGNED, task, groups, f"{agent.name} got a task", task.title)


def assigned_to_person(actor: Actor, task: Task, person: User) -> None:
    """Also sent to a person who stopped watching the task: it is now theirs."""
    to = recipients.select_recipients(
        task, [recipients.named([person.id])], besides=actor.user_id, include_stopped=True
    )
    title = f"{actor.name} assigned a task to you"
    key = f"person:{task.id}:{clock.now().isoformat()}"
    _create(Type.TASK_ASSIGNED, to, title, task.title, *_place(task), event_key=key, board_id=task.board_id)


def task_completed(actor: Actor, task: Task) -> None:
    _about_task(actor, Type.TASK_COMPLETED, task, [recipients.of_task()], "Task done", _title_with_result(task))


def approval_needed(actor: Actor, task: Task) -> None:
    """An agent's result waits for approval."""
    groups = [recipients.approvers(task), recipients.creator()]
    _close_reviews(task)
    # The key names the result: a button under this message approves no later one.
    event = approval_event(task)
    _about_task(
        actor,
        Type.APPROVAL_NEEDED,
        task,
        groups,
        f"{actor.name} asks for approval",
        _title_with_result(task),
        event_key=event,
    )


def _title_with_result(task: Task) -> str:
    """The title, with a note when the result is truncated."""
    return (
        f"{task.title}\nThe result ends in the middle: it reached the limit of tokens."
        if task.result_truncated
        else task.title
    )


def approval_event(task: Task) -> str:
    return f"approval:{task.id}:{task.result_run_id}"


def in_review(actor: Actor, task: Task) -> None:
    """The task was moved to review by hand, or by an agent although it needs no approval."""
    _close_reviews(task)
    title = f"{actor.name} moved a task to review"
    _about_task(actor, Type.TASK_REVIEW, task, [recipients.of_task()], title, _title_with_result(task))


def out_of_review(task: Task) -> None:
    """The task was decided: what asked for it is read for everybody, and asks for nothing in Telegram."""
    telegram_outbox.close_questions(task.id)
    _close_reviews(task)


def back_in_review(task: Task, *, decided_at: datetime) -> None:
    """The decision was undone: people are asked for it again, and are not told that the task is done."""
    done = (ABOUT_A_TASK, Notification.target_id == task.id, Notification.type == Type.TASK_COMPLETED)
    untrue = delete(Notification).where(*done, Notification.created_at >= decided_at)
    untrue = untrue.returning(Notification.id, Notification.user_id).execution_options(synchronize_session=False)
    with transaction() as after_commit:
        if task.status == TaskStatus.REVIEW:
            newest = select(Notification.event_key).where(*_about_review(task)).order_by(Notification.id.desc())
            event = newest.limit(1).scalar_subquery()
            telegram_outbox.post(_set_read(*_about_review(task), Notification.event_key == event, read=False))
        for row in db.session.execute(untrue).all():
            after_commit(live.publish, "notification", row.id, user_id=row.user_id)


def _close_reviews(task: Task) -> None:
    """Mark as read, for everybody, what asks to review the task."""
    _set_read(*_about_review(task))


def _about_review(task: Task) -> tuple[Condition, ...]:
    return ABOUT_A_TASK, Notification.target_id == task.id, Notification.type.in_(REVIEW_TYPES)


def _set_read(*which: Condition, read: bool = True) -> list[int]:
    """Returns the ids of the notifications that were changed."""
    change = update(Notification).where(*which, Notification.read.is_(not read)).values(read=read)
    change = change.returning(Notification.id, Notification.user_id).execution_options(synchronize_session=False)
    with transaction() as after_commit:
        changed = db.session.execute(change).all()
        for row in changed:
            after_commit(live.publish, "notification", row.id, user_id=row.user_id)
    return [row.id for row in changed]


def agent_error(task: Task, run: Run) -> None:
    groups = [recipients.of_task(), recipients.watchers_of_agent(run.agent_id)]
    words = FAILURE_TEXTS[run.reason] if run.reason else None
    title = f"A run failed: {words.short.lower()}" if words else "A run failed"
    message = f"{task.title}\n{run.message or ''} {words.next_step if words else ''}".strip()
    _about_task(SYSTEM, Type.AGENT_ERROR, task, groups, title, message, event_key=f"run:{run.id}")


def request_asked(task: Task, run: Run, request: HumanRequest, *, by: str, again: bool = False) -> None:
    """A run waits for a person's answer. `by` is the agent's name; `again` is the reminder of it."""
    level = BoardLevel.MANAGE if request.kind == RequestKind.BUDGET else BoardLevel.CREATE
    found = recipients.select_recipients(task, recipients.answerers(run, level=level), besides=None)
    event, reminder = request_events(request)
    title = f"{by} still waits for an answer: {request.title}" if again else f"{by} asks: {request.title}"
    _create(
        Type.REQUEST,
        found,
        title,
        task.title,
        "task",
        task.id,
        f"/inbox?item=request-{request.id}",
        event_key=reminder if again else event,
        board_id=task.board_id,
    )


def request_closed(request: HumanRequest) -> None:
    """It needs no answer any more: what told people of it is read, and asks for nothing in Telegram."""
    of_it = (
        ABOUT_A_TASK,
        Notification.target_id == request.task_id,
        Notification.event_key.in_(request_events(request)),
    )
    with transaction():
        telegram_outbox.close_requests(request.task_id, request_events(request))
        _set_read(*of_it)


def request_events(request: HumanRequest) -> tuple[str, str]:
    """The event keys of a request and of its reminder."""
    return f"request:{request.id}", f"request:{request.id}:reminder"


def request_id_of(notification: Notification) -> int | None:
    """The id of the request that the notification is about. None for any other notification."""
    kind, _, rest = notification.event_key.partition(":")
    number = rest.partition(":")[0]
    return int(number) if notification.type == Type.REQUEST and kind == "request" and number.isdecimal() else None


def need_gone(task: Task, needed: Task, why: str) -> None:
    """A task that this one needs is gone, or its run was cancelled: the creator of this one decides what to do.

    `why` is a word of `policies.needs`.
    """
    found = recipients.select_recipients(
        task, [recipients.creator(), recipients.approvers(task)], besides=None, include_stopped=True
    )
    title = f"{task.title} waits for a task that was {why}"
    back = "run again" if why == STOPPED else "brought back"
    message = f"Go on without it, cancel this task too, or wait until it is {back}."
    event = f"{_need_event(task.id, needed.id)}{needed.version}"
    _create(Type.REQUEST, found, title, message, *_place(task), event_key=event, board_id=task.board_id)


def need_decided(task_id: int, needed_id: int | None = None) -> None:
    """Nobody has to decide on that need any more, or on any of the task's: what told people of it is read."""
    event = Notification.event_key.startswith(_need_event(task_id, needed_id), autoescape=True)
    _set_read(ABOUT_A_TASK, Notification.target_id == task_id, Notification.type == Type.REQUEST, event)


def need_of(notification: Notification) -> int | None:
    """The id of the needed task that is gone, of a notification that asks about it. None for any other."""
    if notification.type != Type.REQUEST or not notification.event_key.startswith(NEED_EVENTS):
        return None
    return int(notification.event_key.split(":")[2])


def _need_event(task_id: int, needed_id: int | None) -> str:
    return f"{NEED_EVENTS}{task_id}:{f'{needed_id}:' if needed_id else ''}"


def mentioned(actor: Actor, task: Task, comment: Comment, people: Iterable[int]) -> None:
    """Also sent to people who stopped watching the task: a mention is meant for them."""
    wanted = list(people)
    if not wanted:
        return
    title = f"{actor.name} mentioned you in {task.title}"
    to = recipients.select_recipients(task, [recipients.named(wanted)], besides=actor.user_id, include_stopped=True)
    _create(
        Type.MENTION,
        to,
        title,
        plain(comment.content, 300),
        *_place(task),
        event_key=f"comment:{comment.id}",
        board_id=task.board_id,
    )


def budget(scope: str, name: str, percent: int, month: str, limit: Decimal, url: str) -> None:
    """`scope` and `month` as in BudgetMonth; another limit is another event."""
    title = f"{name}: budget used up" if percent >= 100 else f"{name}: {percent} % of the budget is used"
    message = "Runs wait until it is raised or the next month begins." if percent >= 100 else "At 100 % runs will wait."
    event = f"budget:{scope}:{month}:{percent}:{limit.normalize():f}"
    _create(Type.BUDGET, recipients.admins(), title, message, "budget", None, url, event_key=event, admin_only=True)


def telegram_off(user: User, why: str) -> None:
    """The bot cannot reach this person, so the app tells them. A mention, since it is meant for them alone."""
    message = f"{why} Start the bot in Telegram again, and then switch it on in your profile."
    event = f"telegram:{clock.now().isoformat()}"
    _create(
        Type.MENTION,
        recipients.person(user.id),
        "Telegram was switched off",
        message,
        "user",
        user.id,
        "/profile",
        event_key=event,
    )


def webhook_off(webhook_id: int, name: str, why: str) -> None:
    """A webhook was switched off automatically; admins can fix it. A mention, since it is meant for them alone."""
    title, url = f"The webhook {name} was switched off", f"/settings/webhooks/{webhook_id}"
    message = f"{why} What waits is kept, and is sent when you switch it on again."
    event = f"webhook:{webhook_id}:{clock.now().isoformat()}"
    _create(
        Type.MENTION,
        recipients.admins(),
        title,
        message,
        "webhook",
        webhook_id,
        url,
        event_key=event,
        admin_only=True,
    )


def _person_or_admins(user_id: int | None) -> recipients.Recipients:
    """The person, or the admins when the account is gone or closed."""
    found = db.session.get(User, user_id) if user_id else None
    return recipients.person(found.id) if found is not None and found.is_active else recipients.admins()


def schedule_paused(schedule: Schedule, why: str) -> None:
    """A schedule was switched off automatically; admins are told when its creator is gone. A mention, as above."""
    _create(
        Type.MENTION,
        _person_or_admins(schedule.created_by_user_id),
        f"The schedule {schedule.name} was switched off",
        f"It failed three times in a row: {why}",
        "schedule",
        schedule.id,
        f"/schedules/{schedule.id}",
        event_key=f"schedule:{schedule.id}:{clock.now().isoformat()}",
        board_id=schedule.board_id,
    )


def workflow_stopped(run: WorkflowRun, name: str, why: str) -> None:
    """A run of a workflow has failed; admins are told when whoever started it is gone. A mention, as above."""
    _create(
        Type.MENTION,
        _person_or_admins(run.started_by_user_id),
        f"The workflow {name} has stopped",
        f"{why} Retry the step, or go on without it.",
        "workflow_run",
        run.id,
        f"/workflow-runs/{run.id}",
        event_key=f"workflow_run:{run.id}:{clock.now().isoformat()}",
        board_id=run.board_id,
    )


def tools_changed(source_id: int, title: str, names: Sequence[str]) -> None:
    """Tools are switched off because their server describes them differently. A mention, as for a webhook."""
    some = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    _create(
        Type.MENTION,
        recipients.admins(),
        f"Tools of {title} have changed",
        f"{some}: switched off until an admin has read what is different and accepts it.",
        "tool_source",
        source_id,
        f"/settings/tools/{source_id}",
        event_key=f"tools:{source_id}:{clock.now().isoformat()}",
        admin_only=True,
    )


def _about_task(
    actor: Actor,
    type_: Type,
    task: Task,
    groups: Sequence[recipients.Group],
    title: str,
    message: str,
    *,
    event_key: str | None = None,
) -> None:
    to = recipients.select_recipients(task, groups, besides=actor.user_id)
    key = event_key or f"{type_}:{task.id}:{clock.now().isoformat()}"
    _create(type_, to, title, message, *_place(task), event_key=key, board_id=task.board_id)


def moved(task_ids: Sequence[int], board_id: int) -> None:
    """The tasks were moved to this board: reading notifications about them needs the right there."""
    statement = update(Notification).where(ABOUT_A_TASK, Notification.target_id.in_(task_ids))
    with transaction():
        db.session.execute(statement.values(board_id=board_id).execution_options(synchronize_session=False))


def _place(task: Task) -> tuple[str, int, str]:
    return "task", task.id, f"/boards/{task.board_id}?task={task.id}"


# The columns that are the same for all recipients.
COMMON = (
    "event_key",
    "type",
    "title",
    "message",
    "target_type",
    "target_id",
    "url",
    "created_at",
    "board_id",
    "admin_only",
)


def _create(
    type_: Type,
    to: recipients.Recipients,
    title: str,
    message: str,
    target_type: str,
    target_id: int | None,
    url: str,
    *,
    event_key: str,
    board_id: int | None = None,
    admin_only: bool = False,
) -> None:
    """`board_id` and `admin_only` are the right that a person needs to read it, checked on every read."""
    now = clock.now()
    values = (event_key, type_, title[:300], message, target_type, target_id, url, now, board_id, admin_only)
    common = dict(zip(COMMON, values, strict=True))
    with transaction() as after_commit:
        statement = _insert(to.people, type_, db.engine.dialect.name)
        created = write(statement, {**to.values, **{f"its_{name}": value for name, value in common.items()}})
        telegram_outbox.post([row.id for row in created])
        for row in created:
            after_commit(live.publish, "notification", row.id, user_id=row.user_id)


@cache
def _insert(people: recipients.People, type_: Type, dialect: str) -> Any:
    """A row for each recipient who does not have this event yet, in one statement. Read, for whoever muted the type."""
    columns = table(Notification).c
    common = [bindparam(f"its_{name}", type_=columns[name].type) for name in COMMON]
    rows = people.add_columns(*common, preferences.muted_in_app(type_), literal(False))
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(table(Notification))
    new = insert.from_select(["user_id", *COMMON, "read", "telegram_sent"], rows, include_defaults=False)
    return new.on_conflict_do_nothing().returning(columns.id, columns.user_id)
