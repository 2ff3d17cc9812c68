"""The worker that wakes takes the best run that may start, whichever run woke it."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Integer, String, bindparam, func, not_, or_, select, text, true
from sqlalchemy.sql import nulls_last

from helix import clock, live
from helix.extensions import db
from helix.models import Organization, Run, Task
from helix.models.types import Moment
from helix.models.vocabulary import RunStatus, TaskStatus, Trigger
from helix.services import budgets, tasks
from helix.services.runs.rules import blocking, joined
from helix.transaction import transaction

# One number of ours among PostgreSQL's advisory locks. SQLite's write lock does the same by itself.
CLAIM_LOCK = 7_431_001
ORDER = Task.priority_rank.desc(), nulls_last(Task.due_at.asc()), Run.queued_at, Run.id
# As many queued runs are looked at first.
FRONT = 50
_IN_ORDER = (
    select(Run.id)
    .join(Task, Task.id == Run.task_id)
    .where(Run.is_live, Run.status == RunStatus.QUEUED)
    .order_by(*ORDER)
    .offset(bindparam("looked_at", type_=Integer))
    .limit(bindparam("many", type_=Integer))
)
# Everybody locks the task before its run, so that nobody waits for somebody who waits for him.
_QUEUED_WITH_TASK = (
    select(Task, Run)
    .join(Run, Run.task_id == Task.id)
    .where(Run.id == bindparam("run"), Run.status == RunStatus.QUEUED)
    .with_for_update(of=(Task, Run))
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True)
class Claim:
    """The right to write to a run, until somebody else claims or closes it.

    `seconds` is the run's wall-clock limit; `more_may_start` says that another worker would find something, too.
    """

    run_id: int
    fence: int
    task_id: int
    board_id: int
    agent_id: int
    seconds: float = 600.0
    more_may_start: bool = False


def claim(worker: str) -> Claim | None:
    """Take the best eligible run: by priority, then due date, then age. None when nothing may start.

    Claims happen one after the other, so that two workers never put an agent above its limit together.
    """
    with transaction() as after_commit:
        if db.engine.dialect.name == "postgresql":
            db.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CLAIM_LOCK})
        found = _best_two()
        if not found:
            return None
        best = found[0]
        locked = db.session.execute(_QUEUED_WITH_TASK, {"run": best.id}).one_or_none()
        if locked is None:  # cancelled between the two statements
            return None
        task, run = locked
        now = clock.now()
        run.status = RunStatus.RUNNING
        run.fence += 1
        run.worker = worker
        run.started_at = run.started_at or now
        run.heartbeat_at = now
        if run.trigger != Trigger.MENTION and task.status != TaskStatus.IN_PROGRESS:
            tasks.move.put(task, TaskStatus.IN_PROGRESS)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
        after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
        after_commit(live.publish, "agent", run.agent_id)
        return Claim(
            run.id,
            run.fence,
            task.id,
            task.board_id,
            run.agent_id,
            seconds=float(best.run_timeout_seconds),
            more_may_start=len(found) > 1,
        )


def eligible_count(limit: int = 50) -> int:
    """How many runs could start now, counted up to `limit`."""
    counted = select(func.count()).select_from(_eligible(Run.id).limit(limit).subquery())
    return db.session.scalar(counted, _at_this_moment()) or 0


def _best_two() -> list[Any]:
    """The first two that no rule holds back. The rules cost more than the order: they are asked of the front of the
    queue first, and of more of it only as long as they hold all of that back."""
    found: list[Any] = []
    looked_at, many = 0, FRONT
    while len(found) < 2:
        waiting = db.session.scalars(_IN_ORDER, {"looked_at": looked_at, "many": many}).all()
        found += db.session.execute(_best_of(), _at_this_moment() | {"ids": waiting}).all() if waiting else []
        if len(waiting) < many:
            break
        looked_at, many = looked_at + many, many * 4
    return found[:2]


@cache
def _best_of() -> Any:
    """Put together once: that takes longer than to ask it."""
    eligible = _eligible(Run.id, Run.task_id, Organization.run_timeout_seconds).join(Organization, true())
    among = eligible.where(Run.id.in_(bindparam("ids", expanding=True)))
    return among.order_by(*ORDER).limit(2)


def _eligible(*columns: object) -> Any:
    rules = blocking(bindparam("now", type_=Moment), bindparam("month", type_=String))
    return joined(*columns).where(not_(or_(*(func.coalesce(rule, False) for rule in rules.values()))))


def _at_this_moment() -> dict[str, Any]:
    return {"now": clock.now(), "month": budgets.month_now()}
