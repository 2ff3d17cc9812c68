"""Links between tasks: one that needs others is not run before they have come as far as its links say.

`TaskLink.met`, `Task.blocked_count`, `run_when_ready` and `ready_user_id` are written under the lock of the task that
needs the others. A change of a needed task looks again at the links to it, in the same transaction (`tasks_changed`).
The tasks that it cannot lock at once are looked at after the commit, so that no two transactions wait for each other;
the scheduler's `sweep` does it for a process that died in between.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, delete, exists, func, literal, not_, or_, select
from sqlalchemy.orm import aliased

from helix import clock, live
from helix.db.locking import lock, lock_all
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.errors import Invalid
from helix.extensions import db
from helix.models import Run, Task, TaskLink
from helix.models.task import LIVE_TASK
from helix.models.types import Id
from helix.models.vocabulary import LinkUntil, TaskStatus
from helix.policies import needs as policy
from helix.policies.actor import SYSTEM
from helix.policies.moves import EXECUTABLE, OPEN
from helix.services import accounts, notifications
from helix.services.work import live_runs, queueing

MAX_NEEDS = 20
MAX_DEPTH = 50
# Key of a PostgreSQL advisory lock: links are added one after another, since two links that are added at once could
# close a cycle that neither of them sees. On SQLite the write lock has the same effect.
LINKS_LOCK = 7_431_005
_LOCK = select(func.pg_advisory_xact_lock(LINKS_LOCK))

APPROVED = (TaskStatus.APPROVED, TaskStatus.DONE)
SETTLED = (TaskStatus.REVIEW, *APPROVED)
_NEEDED = (
    select(Task.id)
    .join(TaskLink, TaskLink.needs_task_id == Task.id)
    .where(TaskLink.task_id == bindparam("task_id"), Task.deleted_at.is_(None))
    .order_by(TaskLink.created_at, Task.id)
)
_This = aliased(Task)
_ABOVE = select(_This.parent_task_id).where(_This.id == bindparam("task_id")).scalar_subquery()
_FAMILY = (
    select(Task.id, Task.parent_task_id)
    .where(or_(Task.parent_task_id == bindparam("task_id"), Task.id == _ABOVE), Task.deleted_at.is_(None))
    .order_by(Task.id)
)
# The sweep looks at links to tasks that were reopened this long ago at most.
REOPENED_WITHIN = timedelta(minutes=10)


def is_met(until: LinkUntil, needed: Task) -> bool:
    """Whether the needed task has come as far as a link says. Archiving or deleting it changes nothing about that."""
    return needed.status in (SETTLED if until == LinkUntil.SETTLED else APPROVED)


def default_until(needed: Task) -> LinkUntil:
    return LinkUntil.APPROVED if needed.requires_approval else LinkUntil.SETTLED


def is_gone(needed: Task) -> bool:
    """Whether nobody works on the task any more, so that what is not met yet will not be."""
    return needed.status == TaskStatus.CANCELLED or needed.archived or needed.deleted_at is not None


def why_no_result(needed: Task) -> str | None:
    """As `policies.needs.why_no_result`."""
    last = db.session.get(Run, needed.last_run_id) if needed.last_run_id else None
    return policy.why_no_result(
        needed.status,
        archived=needed.archived,
        deleted=needed.deleted_at is not None,
        last_run=last.status if last else None,
    )


def add(task: Task, needed: Task, until: LinkUntil | None, *, by: int | None) -> TaskLink:
    """Let `task` need `needed`, inside a transaction that has locked neither of two tasks that others may lock.

    A link that exists gets the new `until`. Without one it is `default_until`. Raises Invalid for a link to itself, a
    cycle or a chain of more than 50, more than 20 needs, and a needed task that is cancelled or archived.
    """
    if db.engine.dialect.name == "postgresql":
        db.session.execute(_LOCK)
    lock_all(Task, {task.id, needed.id})
    until = until or default_until(needed)
    link = db.session.get(TaskLink, (task.id, needed.id), populate_existing=True)
    if link is None:
        _check(task, needed, until)
        link = _insert(task, needed, until, by)
    else:
        link.until, link.met = until, is_met(until, needed)
    _look_again(task)
    return link


def add_all(links: Iterable[tuple[Task, Task]], *, by: int | None) -> None:
    """Links (task, needed) between tasks that were created in this transaction, from a graph that was checked already.

    There are neither other links to them nor other transactions that see them, so nothing is checked here.
    """
    links = list(links)
    for task, needed in links:
        _insert(task, needed, default_until(needed), by)
    for task in {task.id: task for task, _ in links}.values():
        recount(task)


def _check(task: Task, needed: Task, until: LinkUntil) -> None:
    if task.id == needed.id:
        raise _refused("A task cannot need itself.")
    if is_gone(needed) and not is_met(until, needed):
        state = "cancelled" if needed.status == TaskStatus.CANCELLED else "archived"
        raise _refused(f"“{needed.title}” is {state} and will not get a result. Bring it back first.")
    number = db.session.scalar(select(func.count()).where(TaskLink.task_id == task.id))
    if (number or 0) >= MAX_NEEDS:
        raise _refused(f"A task can need {MAX_NEEDS} others at most.")
    before = _depths(needed.id, TaskLink.task_id, TaskLink.needs_task_id)
    if task.id in before:
        raise _refused(f"“{needed.title}” needs this task already, directly or through others: neither could start.")
    after = _depths(task.id, TaskLink.needs_task_id, TaskLink.task_id)
    if max(before.values()) + max(after.values()) + 1 > MAX_DEPTH:
        raise _refused(f"That would be a chain of more than {MAX_DEPTH} tasks that need one another.")


def _refused(message: str) -> Invalid:
    return Invalid.field("needs_task_id", message)


def _depths(task_id: int, start: Any, end: Any) -> dict[int, int]:
    """The tasks reached by links from this one, itself included, and how many links away the farthest way is.

    Followed one link farther than chains may be long, so that a cycle that should not be there ends too.
    """
    walk = select(literal(task_id, Id).label("id"), literal(0).label("depth")).cte("walk", recursive=True)
    further = select(end, walk.c.depth + 1).join(walk, start == walk.c.id)
    walk = walk.union(further.where(walk.c.depth <= MAX_DEPTH))
    found = select(walk.c.id, func.max(walk.c.depth)).group_by(walk.c.id)
    return {row[0]: row[1] for row in rows(found)}


def _insert(task: Task, needed: Task, until: LinkUntil, by: int | None) -> TaskLink:
    link = TaskLink(
        task_id=task.id,
        needs_task_id=needed.id,
        until=until,
        met=is_met(until, needed),
        created_by_user_id=by,
        created_at=clock.now(),
    )
    db.session.add(link)
    return link


def remove(task: Task, needs_task_id: int) -> bool:
    """Take a need away from a locked task; a run that was wished for starts if it was the last. False: there is none.

    Whoever was asked what to do about the needed task is not asked any more.
    """
    gone = delete(TaskLink).where(TaskLink.task_id == task.id, TaskLink.needs_task_id == needs_task_id)
    found = db.session.execute(gone.returning(TaskLink.task_id)).first() is not None
    if found:
        notifications.need_decided(task.id, needs_task_id)
        _look_again(task)
    return found


def mark_met(task_id: int, needs_task_id: int) -> None:
    """Let a link count as met whatever became of the needed task: a workflow does not take that step.

    It stays met until somebody opens the needed task again.
    """
    with transaction():
        task = lock(Task, task_id)
        link = db.session.get(TaskLink, (task_id, needs_task_id), populate_existing=True)
        if task is None or link is None:
            return
        link.met = True
        notifications.need_decided(task_id, needs_task_id)
        _look_again(task)


def recount(task: Task) -> int:
    """Bring the links of a locked task up to date, and with them `blocked_count`, which is returned.

    A link to a task that is gone keeps what it was: see `mark_met`.
    """
    query = select(TaskLink, Task).join(Task, Task.id == TaskLink.needs_task_id).where(TaskLink.task_id == task.id)
    unmet = 0
    for link, needed in db.session.execute(query.execution_options(populate_existing=True)):
        if is_met(link.until, needed):
            link.met = True
        elif not is_gone(needed):
            link.met = False
        unmet += not link.met
    if task.blocked_count != unmet:
        task.blocked_count = unmet
        with transaction() as after_commit:
            after_commit(live.publish, "task", task.id, board_id=task.board_id)
    return unmet


def _look_again(task: Task) -> None:
    """Recount a locked task. If nothing blocks it, queue the run that was wished for."""
    if recount(task) or not task.run_when_ready or task.archived or task.deleted_at is not None:
        return
    user_id = task.ready_user_id
    queueing.forget_wish(task)
    agent = live_runs.agent_for(task)
    if agent is None or agent.deleted_at is not None or task.status not in EXECUTABLE:
        return
    actor = accounts.actor_by_id(user_id) if user_id else None
    queueing.start_auto(actor or SYSTEM, task, agent)


def tasks_changed(tasks: Sequence[Task]) -> None:
    """See status_changes: locked tasks have another status, or were archived, deleted or brought back."""
    for task in tasks:
        if task.run_when_ready and task.status not in EXECUTABLE:
            queueing.forget_wish(task)
        if task.blocked_count or task.run_when_ready:
            _look_again(task)
            if not is_open(task):
                notifications.need_decided(task.id)
    needed = {task.id: task for task in tasks}
    links = select(TaskLink.task_id, TaskLink.needs_task_id).where(TaskLink.needs_task_id.in_(needed))
    waiting = {row.task_id for row in rows(links)}
    if not waiting:
        return
    # Locked in the order of this transaction, not of their ids: waiting for them could be a deadlock.
    free = select(Task).where(Task.id.in_(waiting)).order_by(Task.id).with_for_update(of=Task, skip_locked=True)
    found = {task.id: task for task in db.session.scalars(free.execution_options(populate_existing=True))}
    for task in found.values():
        _look_again(task)
        _ask_about_gone(task, needed)
    with transaction() as after_commit:
        for task_id in sorted(waiting - found.keys()):
            after_commit(look_again, task_id, needed.keys())


def look_again(task_id: int, changed: Collection[int] = ()) -> None:
    """Bring the links of one task up to date in a transaction of its own. `changed`: needed tasks that have changed."""
    with transaction():
        task = lock(Task, task_id)
        if task is not None:
            _look_again(task)
            if changed:
                _ask_about_gone(
                    task, {one.id: one for one in db.session.scalars(select(Task).where(Task.id.in_(changed)))}
                )


def _ask_about_gone(task: Task, changed: dict[int, Task]) -> None:
    """Ask what to do about needed tasks that are gone, or whose run was cancelled; of others, ask no more."""
    unmet = select(TaskLink.needs_task_id, TaskLink.met).where(
        TaskLink.task_id == task.id, TaskLink.needs_task_id.in_(changed)
    )
    for row in rows(unmet):
        needed = changed[row.needs_task_id]
        why = why_no_result(needed) if is_open(task) and not row.met else None
        if why:
            notifications.need_gone(task, needed, why)
        else:
            notifications.need_decided(task.id, needed.id)


def is_open(task: Task) -> bool:
    """Whether there is still work on the task."""
    return task.status in OPEN and not task.archived and task.deleted_at is None


def links_vanished(task_ids: Collection[int]) -> None:
    """Tasks that these needed were purged, inside a transaction. What was wished for does not start: nobody said so."""
    for task in lock_all(Task, task_ids):
        if recount(task) == 0:
            queueing.forget_wish(task)


def needed_by(task_id: int) -> list[int]:
    """The ids of the tasks that this one needs, without deleted ones, in the order in which they were linked."""
    return [row.id for row in rows(_NEEDED, task_id=task_id)]


def related(task_id: int) -> dict[int, str]:
    """The tasks whose files the agent of this one may read, each with how they are related, as part of a sentence.

    Those that it needs, its subtasks and the task of which it is one; without deleted ones.
    """
    found = dict.fromkeys(needed_by(task_id), "which this one needed")
    for row in rows(_FAMILY, task_id=task_id):
        found.setdefault(
            row.id, "a subtask of this one" if row.parent_task_id == task_id else "of which this is a part"
        )
    return found


def sweep(limit: int = 500) -> int:
    """Look again at the tasks that a process missed because it died. Returns how many there were.

    Those with a link that is met by now, or was and is not, and those that are ready and whose run was not queued.
    """
    ids = set(db.session.scalars(_missed().limit(limit)))
    ids.update(db.session.scalars(_reopened().limit(limit)))
    ids.update(db.session.scalars(_ready().limit(limit)))
    for task_id in sorted(ids)[:limit]:
        look_again(task_id)
    return min(len(ids), limit)


def _reached() -> ColumnElement[bool]:
    return or_(Task.status.in_(APPROVED), and_(TaskLink.until == LinkUntil.SETTLED, Task.status == TaskStatus.REVIEW))


def _missed() -> Any:
    query = select(TaskLink.task_id).join(Task, Task.id == TaskLink.needs_task_id)
    return query.where(~TaskLink.met, _reached()).distinct()


def _reopened() -> Any:
    query = select(TaskLink.task_id).join(Task, Task.id == TaskLink.needs_task_id)
    recent = Task.updated_at > clock.now() - REOPENED_WITHIN
    return query.where(TaskLink.met, recent, LIVE_TASK, not_(_reached()), Task.status != TaskStatus.CANCELLED)


def _ready() -> Any:
    unmet = exists().where(TaskLink.task_id == Task.id, ~TaskLink.met)
    return select(Task.id).where(Task.run_when_ready, LIVE_TASK, ~unmet)
