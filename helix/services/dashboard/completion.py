"""Completed tasks by day, in the organization's time zone."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ScalarSelect, Subquery, bindparam, func, literal_column, select, union_all

from helix import clock
from helix.db.read import rows
from helix.models import Task
from helix.models.task import OPEN_TASK
from helix.models.types import UtcDateTime
from helix.models.vocabulary import TaskStatus
from helix.policies.actor import Actor
from helix.services.access import on_visible_boards
from helix.services.sql_functions import minutes_between
from helix.text import times

DAYS_SHOWN = 14
# Enough for an average; limits the cost in a busy month.
MAX_AVERAGED_TASKS = 1000


def completion(
    actor: Actor, by_status: Mapping[str, int], *beside: ScalarSelect[Any]
) -> tuple[dict[str, Any], int, list[Any]]:
    """Completion statistics, the number of overdue tasks, and the scalar subqueries `beside`, in one query.

    `rate` is the share of live tasks, without cancelled ones, that are done or approved. `average_minutes` is the time
    from creation to completion over this month's newest thousand completed tasks; None without any.
    """
    today = times.today(clock.now(), actor.zone)
    week, month = times.start_of_week(today), times.start_of_month(today)
    shown_days = [today - timedelta(days=ago) for ago in reversed(range(DAYS_SHOWN))]
    days = _days(min(month, week, shown_days[0]), today)
    values = {"now": clock.now(), "month_start": times.start_of_day(month, actor.zone)}
    for number, day in enumerate(days):
        values[f"start_{number}"], values[f"end_{number}"] = times.day_bounds(day, actor.zone)
    counts = rows(_per_day(actor, len(days), beside), **values)
    created = Counter({days[row[0]]: row[1] for row in counts})
    completed = Counter({days[row[0]]: row[2] for row in counts})
    average, overdue, *others = counts[0][3:]
    statistics = {
        "today": completed[today],
        "this_week": sum(number for day, number in completed.items() if day >= week),
        "this_month": sum(number for day, number in completed.items() if day >= month),
        "rate": _rate(by_status),
        "average_minutes": None if average is None else round(float(average), 1),
        "daily": [
            {"date": day.isoformat(), "created": created[day], "completed": completed[day]} for day in shown_days
        ],
    }
    return statistics, overdue, others


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _per_day(actor: Actor, days: int, beside: tuple[ScalarSelect[Any], ...]) -> Any:
    """One row per day: the tasks created and completed on it (index range scans), and the columns that repeat."""
    bounds = _bounds(days)

    def counted(moment: Any) -> Any:
        within = (moment >= bounds.c.day_start, moment < bounds.c.day_end)
        query = select(func.count()).select_from(Task).where(Task.deleted_at.is_(None), *within)
        return query.where(on_visible_boards(actor, Task.board_id)).correlate(bounds).scalar_subquery()

    created, completed = counted(Task.created_at), counted(Task.completed_at)
    return select(bounds.c.number, created, completed, _average_minutes(actor), _overdue(actor), *beside)


@cache
def _bounds(days: int) -> Subquery:
    """A row for each day, with bound parameters `start_0`, `end_0` and so on. Cached, since building it is costly."""
    return union_all(
        *(
            select(
                literal_column(str(number)).label("number"),
                bindparam(f"start_{number}", type_=UtcDateTime()).label("day_start"),
                bindparam(f"end_{number}", type_=UtcDateTime()).label("day_end"),
            )
            for number in range(days)
        )
    ).subquery()


def _rate(by_status: Mapping[str, int]) -> float:
    done = by_status[TaskStatus.DONE] + by_status[TaskStatus.APPROVED]
    counted = sum(by_status.values()) - by_status[TaskStatus.CANCELLED]
    return round(done / counted, 4) if counted > 0 else 0.0


def _overdue(actor: Actor) -> ScalarSelect[Any]:
    """The number of tasks past their due time, and neither approved, done nor cancelled."""
    query = select(func.count()).select_from(Task).where(OPEN_TASK, Task.due_at < bindparam("now", type_=UtcDateTime()))
    return query.where(on_visible_boards(actor, Task.board_id)).scalar_subquery()


def _average_minutes(actor: Actor) -> ScalarSelect[Any]:
    newest = (
        select(Task.created_at, Task.completed_at)
        .where(
            Task.deleted_at.is_(None),
            Task.completed_at >= bindparam("month_start", type_=UtcDateTime()),
            on_visible_boards(actor, Task.board_id),
        )
        .order_by(Task.completed_at.desc())
        .limit(MAX_AVERAGED_TASKS)
        .subquery()
    )
    return select(func.avg(minutes_between(newest.c.created_at, newest.c.completed_at))).scalar_subquery()
