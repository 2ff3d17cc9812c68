"""The way from a task to its agent: does the queue answer, is a worker alive, how much waits."""

from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from helix import __version__, clock, queue
from helix.extensions import db
from helix.models import Agent, Run
from helix.models.vocabulary import RunStatus


def status() -> dict[str, Any]:
    """`pending_tasks` counts runs queued or under way, `agent_count` enabled agents."""
    presence = queue.presence()
    pending = db.session.scalar(select(func.count(Run.id)).where(Run.is_live))
    agents = db.session.scalar(select(func.count(Agent.id)).where(Agent.enabled, Agent.deleted_at.is_(None)))
    queued = select(Run.queued_at).where(Run.is_live, Run.status == RunStatus.QUEUED)
    oldest = db.session.scalar(queued.order_by(Run.queued_at).limit(1))
    return {
        "connected": presence.queue and presence.runs > 0,
        "pending_tasks": pending,
        "agent_count": agents,
        "workers": presence.workers,
        "oldest_queued_seconds": None if oldest is None else int((clock.now() - oldest).total_seconds()),
    }


def health() -> dict[str, Any]:
    presence = queue.presence(max_age=1)
    try:
        db.session.execute(text("SELECT 1"))
        database = "ok"
    except SQLAlchemyError:
        database = "away"
    fine = database == "ok" and presence.queue and presence.workers > 0
    return {
        "status": "ok" if fine else "degraded",
        "database": database,
        "queue": "ok" if presence.queue else "away",
        "workers": presence.workers,
        "workers_starting": presence.starting,
        "version": __version__,
    }
