"""The state of the installation: gateway status, health, and figures for Prometheus."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from helix import __version__, clock, queue
from helix.extensions import db
from helix.metrics.exposition import Metric
from helix.models import Agent, BudgetMonth, HumanRequest, Lease, Run, ToolCall
from helix.models.vocabulary import RequestKind, RequestState, RunStatus
from helix.services import budgets, settings
from helix.services.work import waiting_reasons

RECENT = timedelta(hours=1)
# Waiting reasons of runs that wait for a worker only: more workers would help.
READY = ("next", "no_worker", "queue_away")


def status() -> dict[str, Any]:
    """The API's gateway status. `pending_tasks` counts queued and running runs, `agent_count` enabled agents."""
    presence = queue.presence()
    pending = db.session.scalar(select(func.count(Run.id)).where(Run.is_live, Run.status != RunStatus.WAITING))
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
    """The API's health status, also while the database or Redis is unavailable."""
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


def all_figures() -> list[Metric]:
    """Figures for Prometheus. When the database or Redis is unavailable, it reports that and omits their figures."""
    presence = queue.presence()
    figures = [
        Metric("helix_build_info", "The version that answers", [({"version": __version__}, 1)]),
        Metric("helix_queue_up", "Redis answers", [({}, presence.queue)]),
        Metric(
            "helix_workers_alive",
            "Worker processes that said so within 15 seconds",
            [({"queue": "runs"}, presence.runs), ({"queue": "quick"}, presence.quick)],
        ),
    ]
    try:
        figures += _database_figures()
        up = 1
    except SQLAlchemyError:
        db.session.rollback()
        up = 0
    return [*figures, Metric("helix_database_up", "The database answers", [({}, up)])]


def _database_figures() -> Iterator[Metric]:
    yield _live_runs()
    yield _ended_runs()
    yield from _waiting_runs()
    yield from _tools()
    yield from _costs()
    yield _scheduler_lease()
    yield _schema_version()


def _schema_version() -> Metric:
    revision = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    return Metric("helix_schema_info", "The version of the database's shape", [({"revision": str(revision)}, 1)])


def _live_runs() -> Metric:
    live = [status for status in RunStatus if status.is_live]
    counted = select(Run.status, func.count()).where(Run.is_live).group_by(Run.status)
    counts = {row[0]: row[1] for row in db.session.execute(counted)}
    return Metric(
        "helix_runs",
        "Runs that are not over, by status",
        [({"status": status}, counts.get(status, 0)) for status in live],
    )


def _ended_runs() -> Metric:
    query = (
        select(Run.status, Run.reason, func.count())
        .where(Run.finished_at > clock.now() - RECENT)
        .group_by(Run.status, Run.reason)
    )
    values = [
        ({"status": status, "reason": reason or ""}, count) for status, reason, count in db.session.execute(query)
    ]
    return Metric("helix_runs_ended_last_hour", "Runs that ended within the last hour, by status and reason", values)


def _waiting_runs() -> Iterator[Metric]:
    waiting = waiting_reasons.by_reason()
    ready = [waiting[code] for code in READY if code in waiting]
    since = min((reason.since for reason in ready), default=None)
    age = max(0.0, (clock.now() - since).total_seconds()) if since else 0.0
    yield Metric(
        "helix_runs_waiting",
        "Queued runs by the first thing that holds them back",
        [({"reason": code}, reason.count) for code, reason in waiting.items()],
    )
    yield Metric(
        "helix_queue_depth", "Queued runs that wait for a worker alone", [({}, sum(reason.count for reason in ready))]
    )
    yield Metric("helix_queue_age_seconds", "How long the oldest of them has waited", [({}, age)])


def _tools() -> Iterator[Metric]:
    is_open = HumanRequest.state == RequestState.OPEN
    counted = select(HumanRequest.kind, func.count(), func.min(HumanRequest.created_at)).where(is_open)
    asked = {kind: (count, oldest) for kind, count, oldest in db.session.execute(counted.group_by(HumanRequest.kind))}
    yield Metric(
        "helix_requests_open",
        "Questions and approvals that wait for a person, by kind",
        [({"kind": kind}, asked[kind][0] if kind in asked else 0) for kind in RequestKind],
    )
    oldest = min((since for _count, since in asked.values()), default=None)
    age = max(0.0, (clock.now() - oldest).total_seconds()) if oldest else 0.0
    yield Metric("helix_request_age_seconds", "How long the oldest of them has waited", [({}, age)])
    calls = select(ToolCall.state, func.count()).join(Run, Run.id == ToolCall.run_id)
    calls = calls.where(Run.finished_at > clock.now() - RECENT).group_by(ToolCall.state)
    yield Metric(
        "helix_tool_calls_last_hour",
        "Calls of tools in runs that ended within the last hour, by what became of them",
        [({"state": state}, count) for state, count in db.session.execute(calls)],
    )


def _costs() -> Iterator[Metric]:
    month = db.session.get(BudgetMonth, (budgets.ORGANIZATION, budgets.month_now()), populate_existing=True)
    limit = settings.organization().monthly_budget_usd
    yield Metric("helix_cost_month_usd", "Spent on models this month", [({}, float(month.spent_usd if month else 0))])
    yield Metric(
        "helix_cost_reserved_usd",
        "What calls under way may still cost",
        [({}, float(month.reserved_usd if month else 0))],
    )
    if limit is not None:
        yield Metric("helix_budget_month_usd", "The organization's budget a month", [({}, float(limit))])


def _scheduler_lease() -> Metric:
    expires = db.session.scalar(select(Lease.expires_at).where(Lease.name == "scheduler"))
    remaining = (expires - clock.now()).total_seconds() if expires else -1.0
    return Metric(
        "helix_scheduler_lease_seconds",
        "How long the scheduler's lease still holds; below 0: none works",
        [({}, remaining)],
    )
