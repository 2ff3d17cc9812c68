"""Claiming: a worker takes the best run that may start, whichever run woke it, and keeps it by its heartbeat."""

import time
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Integer, String, bindparam, func, not_, or_, select, true, update
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
# Runs that a person has answered go first within their priority.
ORDER = Task.priority_rank.desc(), Run.resumed_at.is_(None), nulls_last(Task.due_at.asc()), Run.queued_at, Run.id
# A run may be in workers for so many times the limit of one call, over all claims.
ACTIVE_LIMIT = 4
# Number of queued runs that are checked first.
FRONT = 8
_IN_ORDER = (
    select(Run.id)
    .join(Task, Task.id == Run.task_id)
    .where(Run.is_live, Run.status == RunStatus.QUEUED)
    .order_by(*ORDER)
    .offset(bindparam("skipped", type_=Integer))
    .limit(bindparam("limit", type_=Integer))
)
_ZONE = select(Organization.timezone)
_LOCK = select(func.pg_advisory_xact_lock(CLAIM_LOCK))


@dataclass(frozen=True)
class Claim:
    """The right to write to a run, until it is claimed or closed by another process.

    `seconds` is the limit of one call, of a model or a tool; `more_may_start` says that another run could start now.
    """

    run_id: int
    fence: int
    task_id: int
    board_id: int
    agent_id: int
    seconds: float = 600.0
    more_may_start: bool = False
    # Time in workers before this claim.
    active_before: float = 0.0
    began: float = field(default_factory=time.monotonic, compare=False)

    @property
    def active_seconds(self) -> float:
        """Time in workers over all claims, by a clock that does not jump."""
        return self.active_before + time.monotonic() - self.began

    @property
    def seconds_left(self) -> float:
        return self.seconds * ACTIVE_LIMIT - self.active_seconds


def claim(worker: str) -> Claim | None:
    """Take the best eligible run: by priority, then due date, then age. None when nothing may start.

    Claims happen one after the other, so that two workers never put an agent above its limit together.
    """
    with transaction():
        if db.engine.dialect.name == "postgresql":
            rows(_LOCK)
        eligible = best_two()
        if not eligible:
            return None
        best = eligible[0]
        seconds = float(best.run_timeout_seconds)
        return take(best.task_id, best.id, worker, seconds=seconds, more_may_start=len(eligible) > 1)


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
        return Claim(run.id, run.fence, task.id, task.board_id, run.agent_id, active_before=run.active_seconds, **facts)


def eligible_count(limit: int = 50) -> int:
    """Number of runs that could start now, at most `limit`."""
    counted = select(func.count()).select_from(_eligible(Run.id).limit(limit).subquery())
    return db.session.scalar(counted, _rule_parameters()) or 0


def best_two() -> list[Any]:
    """The first two that no rule blocks. Checking the rules costs more than sorting: the front of the queue is checked
    first, and more of it only while all of that is blocked."""
    eligible: list[Any] = []
    skipped, limit, now = 0, FRONT, _rule_parameters()
    while len(eligible) < 2:
        waiting = rows(_in_front(), skipped=skipped, limit=limit, **now)
        eligible += [run for run in waiting if not run.is_blocked]
        if len(waiting) < limit:
            break
        skipped, limit = skipped + limit, limit * 4
    return eligible[:2]


@cache
def _in_front() -> Any:
    """Built once: building takes longer than executing."""
    front = _IN_ORDER.subquery("front")
    checked = joined(Run.id, Run.task_id, Organization.run_timeout_seconds, _is_blocked().label("is_blocked"))
    return checked.join(front, front.c.id == Run.id).join(Organization, true()).order_by(*ORDER)


def _eligible(*columns: object) -> Any:
    return joined(*columns).where(not_(_is_blocked()))


def _is_blocked() -> Any:
    rules = blocking(bindparam("now", type_=UtcDateTime), bindparam("month", type_=String))
    return or_(*(func.coalesce(rule, False) for rule in rules.values()))


def _rule_parameters() -> dict[str, Any]:
    zone = rows(_ZONE)
    return {"now": clock.now(), "month": budgets.month_now(zone[0].timezone if zone else None)}


class Heartbeat(StrEnum):
    HELD = "held"
    LOST = "lost"


def beat(claim: Claim) -> Heartbeat:
    """Update the heartbeat. Returns whether the run is still claimed by this worker, or why not."""
    with transaction():
        held = db.session.execute(
            update(Run)
            .where(Run.id == claim.run_id, Run.status == RunStatus.RUNNING, Run.fence == claim.fence)
            .values(heartbeat_at=clock.now(), active_seconds=claim.active_seconds)
            .returning(Run.id)
        ).first()
    return Heartbeat.HELD if held else Heartbeat.LOST
