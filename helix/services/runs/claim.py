"""Claiming: a worker takes the best run that may start, whichever run woke it."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Integer, String, bindparam, func, not_, or_, select, true
from sqlalchemy.sql import nulls_last

from helix import clock, live
from helix.db.locking import lock
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Organization, Run, Task
from helix.models.types import UtcDateTime
from helix.models.vocabulary import RunStatus, TaskStatus, Trigger
from helix.services import budgets
from helix.services.work import moves
from helix.services.work.rules import blocking, joined

# Key of a PostgreSQL advisory lock. On SQLite the write lock has the same effect.
CLAIM_LOCK = 7_431_001
ORDER = Task.priority_rank.desc(), nulls_last(Task.due_at.asc()), Run.queued_at, Run.id
# Number of queued runs that are checked first.
FRONT = 8
_IN_ORDER = (
    select(Run.id)
    .join(Task, Task.id == Run.task_id)
    .where(Run.is_live, Run.status == RunStatus.QUEUED)
    .order_by(*ORDER)
    .offset(bindparam("looked_at", type_=Integer))
    .limit(bindparam("many", type_=Integer))
)
_ZONE = select(Organization.timezone)
_LOCK = select(func.pg_advisory_xact_lock(CLAIM_LOCK))


@dataclass(frozen=True)
class Claim:
    """The right to write to a run, until it is claimed or closed by another process.

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
    with transaction():
        if db.engine.dialect.name == "postgresql":
            rows(_LOCK)
        found = best_two()
        if not found:
            return None
        best = found[0]
        seconds = float(best.run_timeout_seconds)
        return take(best.task_id, best.id, worker, seconds=seconds, more_may_start=len(found) > 1)


def take(task_id: int, run_id: int, worker: str, **facts: Any) -> Claim | None:
    """Claim this run, inside a transaction; `facts` are fields of the claim. None when the run is no longer queued."""
    with transaction() as after_commit:
        # Always lock the task before its run, to prevent deadlocks.
        task, run = lock(Task, task_id), lock(Run, run_id)
        if task is None or run is None or run.status != RunStatus.QUEUED:
            return None
        now = clock.now()
        run.status = RunStatus.RUNNING
        run.fence += 1
        run.worker = worker
        run.started_at = run.started_at or now
        run.heartbeat_at = now
        if run.trigger != Trigger.MENTION and task.status != TaskStatus.IN_PROGRESS:
            moves.put(task, TaskStatus.IN_PROGRESS)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
        after_commit(live.publish, "run", run.id, board_id=task.board_id, task_id=task.id)
        after_commit(live.publish, "agent", run.agent_id)
        return Claim(run.id, run.fence, task.id, task.board_id, run.agent_id, **facts)


def eligible_count(limit: int = 50) -> int:
    """Number of runs that could start now, at most `limit`."""
    counted = select(func.count()).select_from(_eligible(Run.id).limit(limit).subquery())
    return db.session.scalar(counted, _at_this_moment()) or 0


def best_two() -> list[Any]:
    """The first two that no rule holds back. The rules cost more than the order: they are asked of the front of the
    queue first, and of more of it only as long as they hold all of that back."""
    found: list[Any] = []
    looked_at, many, now = 0, FRONT, _at_this_moment()
    while len(found) < 2:
        waiting = rows(_in_front(), looked_at=looked_at, many=many, **now)
        found += [run for run in waiting if not run.held_back]
        if len(waiting) < many:
            break
        looked_at, many = looked_at + many, many * 4
    return found[:2]


@cache
def _in_front() -> Any:
    """Built once: building takes longer than executing."""
    front = _IN_ORDER.subquery("front")
    looked_at = joined(Run.id, Run.task_id, Organization.run_timeout_seconds, _held_back().label("held_back"))
    return looked_at.join(front, front.c.id == Run.id).join(Organization, true()).order_by(*ORDER)


def _eligible(*columns: object) -> Any:
    return joined(*columns).where(not_(_held_back()))


def _held_back() -> Any:
    rules = blocking(bindparam("now", type_=UtcDateTime), bindparam("month", type_=String))
    return or_(*(func.coalesce(rule, False) for rule in rules.values()))


def _at_this_moment() -> dict[str, Any]:
    zone = rows(_ZONE)
    return {"now": clock.now(), "month": budgets.month_now(zone[0].timezone if zone else None)}
