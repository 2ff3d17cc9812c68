"""What got done, by days in the organization's zone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, literal, select, union_all

from helix import clock
from helix.extensions import db
from helix.models import Task
from helix.models.types import Moment
from helix.models.vocabulary import TaskStatus
from helix.policies.actor import Actor
from helix.services.access import on_visible_boards
from helix.text import times

DAYS_SHOWN = 14
# An average needs no more, and must not cost more in a busy month.
MOST_AVERAGED = 1000


def completion(actor: Actor, by_status: Mapping[str, int]) -> dict[str, Any]:
    """`rate` is the share of live tasks, cancelled ones aside, that are done or approved; `average_minutes` goes
    from creating to completing, over this month's newest thousand, and is None where there are none."""
    today = times.today(clock.now(), actor.zone)
    week, month = times.start_of_week(today), times.start_of_month(today)
    shown = [today - timedelta(days=ago) for ago in reversed(range(DAYS_SHOWN))]
    completed = _per_day(actor, Task.completed_at, _days(min(month, week, shown[0]), today))
    created = _per_day(actor, Task.created_at, shown)
    return {
        "today": completed[today],
        "this_week": sum(number for day, number in completed.items() if day >= week),
        "this_month": sum(number for day, number in completed.items() if day >= month),
        "rate": _rate(by_status),
        "average_minutes": _average_minutes(actor, month),
        "daily": [{"date": day.isoformat(), "created": created[day], "completed": completed[day]} for day in shown],
    }


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _per_day(actor: Actor, moment: Any, days: Sequence[date]) -> Counter[date]:
    """How many tasks have that moment on each of the days: one stretch of an index a day, in one statement."""
    bounds = union_all(
        *(
            select(
                literal(number).label("number"),
                literal(start, Moment()).label("day_start"),
                literal(end, Moment()).label("day_end"),
            )
            for number, (start, end) in enumerate(times.day_bounds(day, actor.zone) for day in days)
        )
    ).subquery()
    counted = (
        select(func.count())
        .select_from(Task)
        .where(
            Task.deleted_at.is_(None),
            moment >= bounds.c.day_start,
            moment < bounds.c.day_end,
            on_visible_boards(actor, Task.board_id),
        )
        .correlate(bounds)
        .scalar_subquery()
    )
    rows = db.session.execute(select(bounds.c.number, counted))
    return Counter({days[number]: count for number, count in rows})


def _rate(by_status: Mapping[str, int]) -> float:
    done = by_status[TaskStatus.DONE] + by_status[TaskStatus.APPROVED]
    counted = sum(by_status.values()) - by_status[TaskStatus.CANCELLED]
    return round(done / counted, 4) if counted > 0 else 0.0


def _average_minutes(actor: Actor, month: date) -> float | None:
    newest = (
        select(Task.created_at, Task.completed_at)
        .where(
            Task.deleted_at.is_(None),
            Task.completed_at >= times.start_of_day(month, actor.zone),
            on_visible_boards(actor, Task.board_id),
        )
        .order_by(Task.completed_at.desc())
        .limit(MOST_AVERAGED)
        .subquery()
    )
    if db.engine.dialect.name == "postgresql":
        seconds = func.extract("epoch", newest.c.completed_at - newest.c.created_at)
    else:
        seconds = (func.julianday(newest.c.completed_at) - func.julianday(newest.c.created_at)) * 86400
    average = db.session.scalar(select(func.avg(seconds)))
    return None if average is None else round(float(average) / 60, 1)
