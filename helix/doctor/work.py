"""Checks of workers, scheduler and runs."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import exists, func, select

from helix import clock
from helix import queue as queues
from helix.doctor.finding import Finding, error, ok, warning
from helix.extensions import db
from helix.models import Agent, AiModel, Lease, Run
from helix.models.vocabulary import RunStatus
from helix.services.work import waiting_reasons
from helix.settings import Settings

# A run has a heartbeat every 1.5 s, and the sweeper closes a silent one after 30 s.
SILENT = timedelta(minutes=2)
LONG = timedelta(minutes=10)


def workers(_settings: Settings) -> Iterator[Finding]:
    presence = queues.presence()
    if not presence.queue:
        return
    counts = (("runs", presence.runs, presence.runs_starting), ("quick", presence.quick, presence.quick_starting))
    for name, number, starting in counts:
        if number:
            yield ok(f"Workers of {name}: {number} alive")
        elif starting:
            yield warning(f"Workers of {name} are starting, and none is alive yet.", "Look again in a moment.")
        else:
            yield error(f"No worker of {name} is alive.", f"Start one: helix worker {name}")


def scheduler(_settings: Settings) -> Iterator[Finding]:
    lease = db.session.get(Lease, "scheduler")
    if lease is None or lease.expires_at < clock.now():
        yield error("No scheduler is running: retries, reminders and lost runs wait.", "Start one: helix scheduler")
    else:
        yield ok(f"Scheduler: {lease.holder}")


def runs_that_stand_still(_settings: Settings) -> Iterator[Finding]:
    now = clock.now()
    silent = select(func.count()).where(Run.is_live, Run.status == RunStatus.RUNNING, Run.heartbeat_at < now - SILENT)
    stuck = db.session.scalar(silent) or 0
    if stuck:
        yield error(f"{stuck} runs have been silent for two minutes and were not closed.", "Start the scheduler.")
    waiting = waiting_reasons.by_reason()
    ready = waiting.get("next")
    if ready and now - ready.since > LONG:
        minutes = (now - ready.since).total_seconds() / 60
        yield warning(
            f"{ready.count} runs wait for a free worker, the oldest for {minutes:.0f} minutes.",
            "Add workers (RUN_WORKERS), and check the traces of runs for what takes long.",
        )
    if not stuck:
        yield ok(f"Runs: {sum(one.count for one in waiting.values())} waiting, none stuck")


def models_that_agents_use(_settings: Settings) -> Iterator[Finding]:
    """After an upgrade from a version without tools, no model is known to use them."""
    own = exists().where(Agent.ai_model_id == AiModel.id, Agent.enabled, Agent.deleted_at.is_(None))
    used = select(AiModel.display_name).where(AiModel.is_active, own | AiModel.is_default)
    unknown = list(db.session.scalars(used.where(AiModel.supports_tools.is_(None)).order_by(AiModel.display_name)))
    if unknown:
        yield warning(
            f"Not known to use tools, so agents with these models answer without any: {', '.join(unknown)}",
            "Press Test on each, in Settings › Models. It costs one very small call.",
        )


CHECKS = (workers, scheduler, runs_that_stand_still, models_that_agents_use)
