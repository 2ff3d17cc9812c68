"""The sweeper: every few seconds one scheduler closes lost runs and wakes workers for waiting runs."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import and_, delete, or_, select

from helix import clock, live, queue
from helix.db.locking import lock, lock_one
from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.models import ProviderCooldown, Run, RunStep, Task
from helix.models.run import RESERVING
from helix.models.vocabulary import FailureReason, RunStatus, StepKind
from helix.services import budgets, settings
from helix.services.runs.claim import eligible_count
from helix.services.runs.finish import FREE_LOSSES, close_failed, give_up, next_attempt

HEARTBEAT_LIMIT = timedelta(seconds=30)
SETTLE_LIMIT = timedelta(seconds=60)
is_running = and_(Run.is_live, Run.status == RunStatus.RUNNING)
# Fewer characters per token than in any language, so that the estimate is rather too high.
LETTERS_PER_TOKEN = 3
# A heartbeat from before all workers.
DEAD = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Swept:
    lost: int
    woken: int


def sweep(*, close_silent: bool = True) -> Swept:
    """Close runs without a recent heartbeat, release their reservations, and wake workers for runs that may start.

    Right after the clock jumped heartbeats cannot be judged: `close_silent` is False then.
    """
    lost = [run_id for run_id in _silent() if _close_lost(run_id)] if close_silent else []
    _settle_abandoned()
    waiting = eligible_count()
    end_reading()
    woken = waiting if waiting and queue.wake(min(waiting, 8)) else 0
    return Swept(lost=len(lost), woken=woken)


def lost_by(worker: str) -> int:
    """Close the runs of a worker that is known to be dead at once, without waiting for the heartbeat to expire."""
    with transaction():
        run_ids = list(db.session.scalars(select(Run.id).where(is_running, Run.worker == worker)))
        for run_id in run_ids:
            run = lock_one(Run, run_id)
            if run.status == RunStatus.RUNNING and run.worker == worker:
                run.heartbeat_at = DEAD
    return sum(_close_lost(run_id) for run_id in run_ids)


def _silent() -> list[int]:
    now = clock.now()
    # In the future: the worker died before the clock was set back.
    silent = or_(Run.heartbeat_at < now - HEARTBEAT_LIMIT, Run.heartbeat_at > now + HEARTBEAT_LIMIT)
    return list(db.session.scalars(select(Run.id).where(is_running, silent)))


def _is_alive(run: Run) -> bool:
    return run.heartbeat_at is not None and abs(clock.now() - run.heartbeat_at) <= HEARTBEAT_LIMIT


def _close_lost(run_id: int) -> bool:
    """Close one run as worker_lost, with a new attempt. False when it has a recent heartbeat or is closed already."""
    with transaction() as after_commit:
        task_id = db.session.scalar(select(Run.task_id).where(Run.id == run_id))
        task = lock(Task, task_id)
        run = lock(Run, run_id)
        if task is None or run is None or run.status != RunStatus.RUNNING or _is_alive(run):
            return False
        _settle(run)
        close_failed(
            run, task, FailureReason.WORKER_LOST, "The worker stopped answering in the middle of the run.", after_commit
        )
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
        losses = run.losses + 1
        attempt = run.attempt if losses <= FREE_LOSSES else run.attempt + 1
        if attempt <= settings.organization().max_run_attempts:
            next_attempt(run, task, after_commit, attempt=attempt, wait=0, losses=losses)
        else:
            give_up(run, task)
    return True


def _settle_abandoned() -> None:
    """Settle cancelled runs whose worker died before it reported its usage."""
    old = clock.now() - SETTLE_LIMIT
    query = select(Run.id).where(
        RESERVING, Run.status.in_((RunStatus.CANCELLED, RunStatus.FAILED)), Run.finished_at < old
    )
    for run_id in db.session.scalars(query.limit(100)).all():
        with transaction():
            run = lock_one(Run, run_id)
            _settle(run)
    with transaction():
        db.session.execute(delete(ProviderCooldown).where(ProviderCooldown.until < clock.now() - timedelta(hours=1)))


def _settle(run: Run) -> None:
    """Book the prompt and the text received so far, and release the rest of the reservation.

    A provider stops when its caller is gone, so the call costs less than the worst case. The whole reservation is
    booked only where nothing says how far the call had come.
    """
    if run.reserved_usd > 0:
        budgets.settle(run, min(run.reserved_usd, _cost_so_far(run)))


def _cost_so_far(run: Run) -> Decimal:
    prompt = select(RunStep.details).where(RunStep.run_id == run.id, RunStep.kind == StepKind.PROMPT)
    details = db.session.scalar(prompt.order_by(RunStep.number.desc()).limit(1)) or {}
    received = live.text_so_far(run.id)
    if received is None or "input_usd" not in details:
        return run.reserved_usd
    input_usd = Decimal(details["input_usd"])
    per_token = (run.reserved_usd - input_usd) / details["max_tokens"]
    return input_usd + per_token * math.ceil(len(received) / LETTERS_PER_TOKEN)
