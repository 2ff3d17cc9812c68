"""The state of the whole installation in numbers, read from the database and Redis: the same from any web process."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from helix import __version__, clock, queue
from helix.extensions import db
from helix.metrics.exposition import Metric
from helix.models import BudgetMonth, Lease, Run
from helix.models.vocabulary import RunStatus
from helix.services import budgets, settings
from helix.services.work import waiting_reasons

RECENT = timedelta(hours=1)
# Such a run waits for a worker and for nothing else: what more workers would help.
READY = ("next", "no_worker", "queue_away")


def all_figures() -> list[Metric]:
    """Never raises for a database or Redis that is away: it says so, and leaves out what it could not ask."""
    presence = queue.presence()
    found = [
        Metric("helix_build_info", "The version that answers", [({"version": __version__}, 1)]),
        Metric("helix_queue_up", "Redis answers", [({}, presence.queue)]),
        Metric(
            "helix_workers_alive",
            "Worker processes that said so within 15 seconds",
            [({"queue": "runs"}, presence.runs), ({"queue": "quick"}, presence.quick)],
        ),
    ]
    try:
        found += _of_the_database()
        up = 1
    except SQLAlchemyError:
        db.session.rollback()
        up = 0
    return [*found, Metric("helix_database_up", "The database answers", [({}, up)])]


def _of_the_database() -> Iterator[Metric]:
    yield _live()
    yield _ended()
    yield from _waiting()
    yield from _money()
    yield _lease()
    yield _schema()


def _schema() -> Metric:
    revision = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    return Metric("helix_schema_info", "The version of the database's shape", [({"revision": str(revision)}, 1)])


def _live() -> Metric:
    live = (RunStatus.QUEUED, RunStatus.RUNNING)
    counted = select(Run.status, func.count()).where(Run.is_live).group_by(Run.status)
    found = {row[0]: row[1] for row in db.session.execute(counted)}
    return Metric(
        "helix_runs", "Runs that are not over, by status", [({"status": one}, found.get(one, 0)) for one in live]
    )


def _ended() -> Metric:
    query = (
        select(Run.status, Run.reason, func.count())
        .where(Run.finished_at > clock.now() - RECENT)
        .group_by(Run.status, Run.reason)
    )
    values = [
        ({"status": status, "reason": reason or ""}, count) for status, reason, count in db.session.execute(query)
    ]
    return Metric("helix_runs_ended_last_hour", "Runs that ended within the last hour, by status and reason", values)


def _waiting() -> Iterator[Metric]:
    waiting = waiting_reasons.by_reason()
    ready = [waiting[code] for code in READY if code in waiting]
    since = min((one.since for one in ready), default=None)
    age = max(0.0, (clock.now() - since).total_seconds()) if since else 0.0
    yield Metric(
        "helix_runs_waiting",
        "Queued runs by the first thing that holds them back",
        [({"reason": code}, one.count) for code, one in waiting.items()],
    )
    yield Metric(
        "helix_queue_depth", "Queued runs that wait for a worker alone", [({}, sum(one.count for one in ready))]
    )
    yield Metric("helix_queue_age_seconds", "How long the oldest of them has waited", [({}, age)])


def _money() -> Iterator[Metric]:
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


def _lease() -> Metric:
    expires = db.session.scalar(select(Lease.expires_at).where(Lease.name == "scheduler"))
    left = (expires - clock.now()).total_seconds() if expires else -1.0
    return Metric(
        "helix_scheduler_lease_seconds", "How long the scheduler's lease still holds; below 0: none works", [({}, left)]
    )
