"""Carrying out what is due: the scheduler's `tick`, and `run_now` for people.

Each schedule has a transaction of its own, which writes its firings, creates the task and sets the next time. The
primary key of the firings makes every time happen once, on any number of hosts and whatever their clocks do.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError

from helix import clock, live
from helix.clock import iso
from helix.db.locking import KEY_SHARE, lock, lock_one
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.db.write import table, write
from helix.errors import Conflict, HelixError, Invalid
from helix.extensions import db
from helix.models import Agent, Board, Run, Schedule, ScheduleFiring, Task, WorkflowRun
from helix.models.vocabulary import (
    CatchUp,
    ExecutionMode,
    FiringState,
    Overlap,
    Priority,
    RunStatus,
    TaskOrigin,
    TaskStatus,
    WorkflowState,
)
from helix.policies import schedules as policy
from helix.policies.actor import SYSTEM, Actor
from helix.policies.failures import FAILURE_TEXTS
from helix.policies.moves import may_move
from helix.services import accounts, activity, budgets, notifications, tasks, workflows
from helix.services.schedules import times
from helix.services.schedules.lookup import get, put_next
from helix.services.work import cancelling, links, moves, queueing
from helix.text.task_keys import readable
from helix.text.times import end_of_day

log = logging.getLogger(__name__)

# A round of the scheduler has other work, and its lease ends.
ROUND_SECONDS = 5.0
AT_ONCE = 200
MOST_CAUGHT_UP = 5
FAILURES_BEFORE_PAUSE = 3
# Times that were missed longer ago than this have no firing each, but one together.
LISTED = timedelta(days=7)
MISSED = "No scheduler was running at that time."
PAUSED = "It was switched off at the time before."
UNEXPECTED = "Something went wrong on our side. The log of the scheduler says what."

Owners = dict[int | None, Actor | None]

# Not locked: links lock before they lock tasks.
_LAST = (
    select(Task)
    .where(Task.schedule_id == bindparam("schedule_id"))
    .order_by(Task.id.desc())
    .limit(1)
    .execution_options(populate_existing=True)
)
_DUE = (
    select(Schedule.id)
    .where(Schedule.next_at <= bindparam("now"))
    .order_by(Schedule.next_at, Schedule.id)
    .limit(bindparam("most"))
)


def tick(now: datetime | None = None) -> int:
    """Carry out what is due, for some seconds at most. Returns the number of schedules.

    A schedule that fails is recorded as failed and keeps no other one waiting. Raises OperationalError when the
    database is away.
    """
    now = now or clock.now()
    until = time.monotonic() + ROUND_SECONDS
    done: set[int] = set()
    # Looked up once in a round: many schedules are of the same few people.
    owners: Owners = {}
    while time.monotonic() < until:
        due = [row.id for row in rows(_DUE, now=now, most=AT_ONCE + len(done)) if row.id not in done]
        if not due:
            break
        for schedule_id in due:
            done.add(schedule_id)
            _fire(schedule_id, now, owners)
            if time.monotonic() >= until:
                break
    return len(done)


def run_now(actor: Actor, schedule_id: int) -> ScheduleFiring:
    """Create the task, or start the workflow, at once: also while the schedule is off or the last one is open.

    Its times stay as they are.
    """
    with transaction() as after_commit:
        schedule = get(actor, schedule_id, to=policy.may_change, for_update=True)
        now = clock.now()
        firing = ScheduleFiring(
            schedule_id=schedule.id,
            due_at=now,
            state=FiringState.CREATED,
            reason=f"{actor.name} ran it by hand.",
            created_at=now,
        )
        if schedule.workflow_id is not None:
            firing.workflow_run_id = _start_workflow(actor, schedule, now).id
        else:
            firing.task_id = _create_task(actor, schedule, now, now, None)[0].id
        db.session.add(firing)
        after_commit(live.publish, "schedule", schedule.id, board_id=schedule.board_id)
    return firing


@dataclass(frozen=True)
class _Due:
    """`missed` times are only recorded, `carried_out` ones give tasks, `next` is the time after them."""

    missed: Mapping[datetime, str]
    carried_out: Sequence[datetime]
    next: datetime | None


def _fire(schedule_id: int, now: datetime, owners: Owners) -> None:
    try:
        with transaction() as after_commit:
            schedule = _locked(schedule_id, now)
            if schedule is None:
                return
            due = _due(schedule, now)
            _record(schedule, due.missed, FiringState.SKIPPED)
            for due_at in due.carried_out:
                if not schedule.enabled:
                    _record(schedule, {due_at: PAUSED}, FiringState.SKIPPED)
                elif _record(schedule, {due_at: None}, FiringState.CREATED):
                    _carry_out(schedule, due_at, now, owners)
            put_next(schedule, due.next if schedule.enabled else None)
            after_commit(live.publish, "schedule", schedule.id, board_id=schedule.board_id)
    except (OperationalError, InterfaceError):
        raise
    except HelixError as error:
        _fail(schedule_id, now, error.message)
    except Exception:
        log.exception("Schedule %s could not be carried out", schedule_id)
        _fail(schedule_id, now, UNEXPECTED)


def _locked(schedule_id: int, now: datetime) -> Schedule | None:
    """The locked schedule; None when another process has carried it out meanwhile, or somebody switched it off."""
    schedule = lock(Schedule, schedule_id)
    return schedule if schedule and schedule.next_at and schedule.next_at <= now else None


def _due(schedule: Schedule, now: datetime) -> _Due:
    assert schedule.due_at is not None
    missed: dict[datetime, str] = {}
    found = [schedule.due_at]
    following = times.following(schedule.cron, schedule.timezone, schedule.due_at)
    if schedule.due_at < now - LISTED:
        missed[schedule.due_at] = f"No scheduler was running from then until {iso(now - LISTED)}."
        found = []
        following = times.following(schedule.cron, schedule.timezone, now - LISTED)
    upcoming = None
    for at in following:
        after_end = schedule.ends_at is not None and at > schedule.ends_at
        if after_end or at + times.jitter(schedule.id, at, schedule.jitter_seconds) > now:
            upcoming = None if after_end else at
            break
        found.append(at)
    split = len(found) - _how_many(schedule, found, now)
    missed |= dict.fromkeys(found[:split], MISSED)
    return _Due(missed, found[split:], upcoming)


def _how_many(schedule: Schedule, found: Sequence[datetime], now: datetime) -> int:
    """How many of the latest times are carried out."""
    if not found:
        return 0
    if schedule.catch_up == CatchUp.NONE:
        return int(not _is_late(schedule, found[-1], now))
    # Of tasks that replace one another only the last would stay.
    if schedule.catch_up == CatchUp.ONE or schedule.overlap == Overlap.REPLACE:
        return 1
    return min(len(found), MOST_CAUGHT_UP)


def _is_late(schedule: Schedule, due_at: datetime, now: datetime) -> bool:
    allowed = timedelta(seconds=schedule.grace_seconds + schedule.jitter_seconds)
    return now - due_at > allowed


def _record(schedule: Schedule, reasons: Mapping[datetime, str | None], state: FiringState) -> int:
    """Write firings. Those that exist stay as they are; returns how many are new."""
    if not reasons:
        return 0
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert(table(ScheduleFiring))
    new = insert.on_conflict_do_nothing().returning(table(ScheduleFiring).c.due_at)
    now = clock.now()
    values = [
        {"schedule_id": schedule.id, "due_at": due_at, "state": state, "reason": reason, "created_at": now}
        for due_at, reason in reasons.items()
    ]
    return len(write(new, values))


def _carry_out(schedule: Schedule, due_at: datetime, now: datetime, owners: Owners) -> None:
    """Create the task of a time whose firing was just written, or say in it why not."""
    firing = db.session.get_one(ScheduleFiring, (schedule.id, due_at))
    # Before the task, in the order of those who delete boards.
    lock(Board, schedule.board_id, **KEY_SHARE)
    if schedule.workflow_id is not None:
        _carry_out_workflow(schedule, firing, owners)
        return
    last = db.session.scalar(_LAST, {"schedule_id": schedule.id})
    before = last if last is not None and links.is_open(last) else None
    agent = db.session.get(Agent, schedule.agent_id) if schedule.agent_id else None
    if before is not None:
        waits = _why_it_waits(agent)
        if waits or schedule.overlap == Overlap.SKIP:
            firing.state = FiringState.SKIPPED
            name = readable(db.session.get_one(Board, before.board_id).key, before.id)
            firing.reason = f"{waits} {name} waits already." if waits else f"{name} of the time before is still open."
            return
    failed = _last_run_failure(last)
    if _paused_by(schedule, firing, failed):
        return
    if before is not None and schedule.overlap == Overlap.REPLACE:
        _cancel(before.id)
    needs = before if schedule.overlap == Overlap.QUEUE else None
    task, firing.reason = _create_task(_owner(schedule, owners), schedule, due_at, now, needs)
    firing.task_id = task.id


def _last_run_failure(task: Task | None) -> str | None:
    """Why the last run of a task failed for good, as a sentence. None when it did not."""
    run = db.session.get(Run, task.last_run_id) if task is not None and task.last_run_id else None
    if run is None or run.status != RunStatus.FAILED:
        return None
    return FAILURE_TEXTS[run.reason].short + "." if run.reason else "The run failed."


def _paused_by(schedule: Schedule, firing: ScheduleFiring, failed: str | None) -> bool:
    """Count the failure of what the time before created. Whether it was the third in a row, which pauses the schedule.

    Counted here and not when the run fails, because until now a person could run it again.
    """
    schedule.failures_in_a_row = schedule.failures_in_a_row + 1 if failed else 0
    if failed is None or schedule.failures_in_a_row < FAILURES_BEFORE_PAUSE:
        return False
    firing.state, firing.reason = FiringState.FAILED, failed
    _pause(schedule, failed)
    return True


def _carry_out_workflow(schedule: Schedule, firing: ScheduleFiring, owners: Owners) -> None:
    before = _open_run(schedule.id)
    if before is not None and schedule.overlap != Overlap.REPLACE:
        firing.state = FiringState.SKIPPED
        state = "under way" if before.state == WorkflowState.RUNNING else "failed, and waits for a person"
        firing.reason = f"Run {before.id} of the time before is {state}."
        return
    has_failed = before is not None and before.state == WorkflowState.FAILED
    if _paused_by(schedule, firing, f"Run {before.id} of the workflow failed." if before and has_failed else None):
        return
    if before is not None:
        workflows.cancel(SYSTEM, before.id)
    firing.workflow_run_id = _start_workflow(_owner(schedule, owners), schedule, firing.due_at).id


def _open_run(schedule_id: int) -> WorkflowRun | None:
    """The last run of the workflow that the schedule has started, if it has not ended: one that failed waits, too."""
    query = (
        select(WorkflowRun)
        .join(ScheduleFiring, ScheduleFiring.workflow_run_id == WorkflowRun.id)
        .where(ScheduleFiring.schedule_id == schedule_id)
        .order_by(WorkflowRun.id.desc())
        .limit(1)
    )
    last = db.session.scalar(query.execution_options(populate_existing=True))
    return last if last is not None and last.state in (WorkflowState.RUNNING, WorkflowState.FAILED) else None


def _start_workflow(actor: Actor, schedule: Schedule, due_at: datetime) -> WorkflowRun:
    """Raises what `workflows.start` raises, and Conflict for a board or a workflow that is gone."""
    if schedule.board_id is None:
        raise Conflict("Its board was deleted. Choose another one.")
    local = due_at.astimezone(ZoneInfo(schedule.timezone))
    values = {
        name: _filled(value, local) if isinstance(value, str) else value
        for name, value in (schedule.input or {}).items()
    }
    try:
        return workflows.start(
            actor,
            schedule.workflow_id or 0,
            values,
            origin=TaskOrigin.SCHEDULE,
            board_id=schedule.board_id,
            external_key=f"schedule:{schedule.id}:{iso(due_at)}",
            max_usd=schedule.max_usd_per_firing,
        )
    except Invalid as error:
        # The inputs of the newest version may be others than those that the schedule has.
        raise Conflict(f"The workflow wants other inputs: {error}") from error


def _cancel(task_id: int) -> None:
    """A result in review stays there for a person to decide on: it is not thrown away."""
    task = lock_one(Task, task_id)
    if not links.is_open(task):
        return
    cancelling.cancel_live(SYSTEM, task)
    if may_move(task.status, TaskStatus.CANCELLED):
        moves.move(SYSTEM, task, TaskStatus.CANCELLED)
        task.version += 1


def _owner(schedule: Schedule, owners: Owners) -> Actor:
    owner_id = schedule.created_by_user_id
    if owner_id not in owners:
        owners[owner_id] = accounts.actor_by_id(owner_id) if owner_id else None
    owner = owners[owner_id]
    if owner is None:
        raise Conflict("The account of the person on whose behalf it runs is closed. Whoever saves it takes over.")
    return owner


def _why_it_waits(agent: Agent | None) -> str | None:
    """Why a task of this agent is not started now, as a sentence."""
    if agent is None:
        return None
    if not agent.enabled:
        return f"{agent.name} is disabled."
    if agent.budget_paused:
        return f"{agent.name} has used up this month's budget."
    if budgets.organization_is_exhausted():
        return "The organization's budget for this month is used up."
    return None


def _create_task(
    actor: Actor, schedule: Schedule, due_at: datetime, now: datetime, needs: Task | None
) -> tuple[Task, str | None]:
    """The task for a time, and why it waits, if it does. Raises Conflict for what is gone, and as tasks.create."""
    if schedule.board_id is None:
        raise Conflict("Its board was deleted. Choose another one.")
    agent = db.session.get(Agent, schedule.agent_id) if schedule.agent_id else None
    if agent is not None and agent.deleted_at is not None:
        raise Conflict(f"{agent.name} was deleted. Choose another agent.")
    template = schedule.template or {}
    zone = ZoneInfo(schedule.timezone)
    local = due_at.astimezone(zone)
    description = _filled(template["description"], local)
    if _is_late(schedule, due_at, now):
        late = f"This was due on {local:%A}, {local.day} {local:%B %Y at %H:%M} ({schedule.timezone}), created late."
        description = f"{description}\n\n{late}".strip()
    task = tasks.create(
        actor,
        title=_filled(template["title"], local)[:500],
        board_id=schedule.board_id,
        description=description,
        assigned_agent_id=schedule.agent_id,
        priority=Priority(template["priority"]),
        due_at=_end_of_day(local, template["due_in"]),
        tags=template["tags"],
        requires_approval=template["requires_approval"],
        origin=TaskOrigin.SCHEDULE,
        external_key=f"schedule:{schedule.id}:{iso(due_at)}",
        schedule_id=schedule.id,
        max_usd=schedule.max_usd_per_firing,
        starts=False,
    )
    if needs is not None:
        links.add(task, needs, None, by=actor.user_id)
    waits = _why_it_waits(agent)
    if agent is not None and agent.execution_mode == ExecutionMode.AUTO:
        queueing.start_auto(actor, task, agent)
        waits = waits and f"{waits} The task waits until that changes."
    else:
        waits = None
    return task, waits


def _filled(text: str, local: datetime) -> str:
    return text.replace("{date}", f"{local:%Y-%m-%d}").replace("{week}", str(local.isocalendar().week))


def _end_of_day(local: datetime, days: int | None) -> datetime | None:
    if days is None:
        return None
    return end_of_day(local.date() + timedelta(days=days), str(local.tzinfo))


def _fail(schedule_id: int, now: datetime, reason: str) -> None:
    """Record that nothing was created. The third time in a row pauses the schedule and tells its creator."""
    with transaction() as after_commit:
        schedule = _locked(schedule_id, now)
        if schedule is None:
            return
        due = _due(schedule, now)
        _record(schedule, due.missed, FiringState.SKIPPED)
        _record(schedule, dict.fromkeys(due.carried_out, reason[:300]), FiringState.FAILED)
        put_next(schedule, due.next)
        schedule.failures_in_a_row += 1
        if schedule.failures_in_a_row >= FAILURES_BEFORE_PAUSE:
            _pause(schedule, reason)
        after_commit(live.publish, "schedule", schedule.id, board_id=schedule.board_id)


def _pause(schedule: Schedule, reason: str) -> None:
    schedule.enabled = False
    schedule.paused_reason = reason[:300]
    put_next(schedule, None)
    schedule.version += 1
    activity.record(SYSTEM, "schedule.paused", "schedule", schedule.id, schedule.name, board_id=schedule.board_id)
    notifications.schedule_paused(schedule, reason)
