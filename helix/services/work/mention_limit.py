"""Limits the runs that a person starts by mentions: commenting needs read access only, but a run costs money."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Integer, bindparam, func, select

from helix import clock
from helix.db.read import rows
from helix.extensions import db
from helix.models import Run
from helix.models.run import MENTIONS_BY_PEOPLE
from helix.models.types import UtcDateTime
from helix.policies.actor import Actor
from helix.services import settings

WINDOW = timedelta(hours=1)
# Key of a PostgreSQL advisory lock, together with the person's id. SQLite has one writer at a time anyway.
LIMIT_LOCK = 7_431_002
_LOCK = select(func.pg_advisory_xact_lock(LIMIT_LOCK, bindparam("user", type_=Integer)))
# Retries do not count. The condition matches that of the partial index.
_STARTED = select(func.count(), func.min(Run.queued_at)).where(
    MENTIONS_BY_PEOPLE,
    Run.requested_by_user_id == bindparam("user"),
    Run.queued_at > bindparam("since", type_=UtcDateTime),
)


@dataclass(frozen=True)
class Allowance:
    """`left` of `limit` runs per hour; `again_at` is when the oldest run leaves the window."""

    left: int
    limit: int
    again_at: datetime | None


def allowance(actor: Actor) -> Allowance:
    """What the person may still start. Inside a transaction; serializes the comments of one person."""
    if db.engine.dialect.name == "postgresql":
        rows(_LOCK, user=actor.user_id)
    limit = settings.organization().mention_runs_per_hour
    ((started, oldest),) = rows(_STARTED, user=actor.user_id, since=clock.now() - WINDOW)
    return Allowance(max(limit - started, 0), limit, oldest + WINDOW if oldest else None)


def why_not(allowance: Allowance) -> str:
    """Why an agent does not answer, as the end of a sentence."""
    if allowance.limit == 0:
        return "this organization does not let comments start runs."
    minutes = 60
    if allowance.again_at is not None:
        minutes = max(1, -(-int((allowance.again_at - clock.now()).total_seconds()) // 60))
    runs = "run" if allowance.limit == 1 else "runs"
    return (
        f"you have started {allowance.limit} {runs} by mention within an hour, which is the limit. "
        f"Mention it again in {minutes} minute{'' if minutes == 1 else 's'}."
    )
