"""Completed tasks by day, in the organization's time zone."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ScalarSelect, Subquery, bindparam, func, literal_column, select, union_all

from helix import clock
from helix.db.read import rows
from helix.models import Task
from helix.models.task import OPEN_TASK
from helix.models.types import UtcDateTime
from helix.models.vocabulary import TaskStatus
from helix.policies.actor import Actor
from helix.services.access import BoardScope, board_scope
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
    # The days of the month before those that are shown only count as a whole.
    starts = [min(month, shown_days[0]), *shown_days, today + timedelta(days=1)]
    values: dict[str, Any] = {"now": clock.now(), "month_start": times.start_of_day(month, actor.zone)}
    values |= {f"start_{number}": times.start_of_day(day, actor.zone) for number, day in enumerate(starts)}
    before, *counts = rows(_per_day(board_scope(actor), len(starts) - 1, beside), **values)
    created = Counter({starts[row[0]]: row[1] for row in counts})
    completed = Counter({starts[row[0]]: row[2] for row in counts})
    average, overdue, *others = before[3:]
    statistics = {
        "today": completed[today],
        "this_week": sum(number for day, number in completed.items() if day >= week),
        "this_month": before[2] + sum(number for day, number in completed.items() if day >= month),
        "rate": _rate(by_status),
        "average_minutes": None if average is None else round(float(average), 1),
        "daily": [
            {"date": day.isoformat(), "created": created[day], "completed": completed[day]} for day in shown_days
        ],
    }
    return statistics, overdue, others


@lru_cache(100)
def _per_day(scope: BoardScope, periods: int, beside: tuple[ScalarSelect[Any], ...]) -> Any:
    """A row for each period, in order: the tasks created and completed in it (index range scans), and the columns that
    repeat.
    """
    bounds = _bounds(periods)

    def counted(moment: Any) -> Any:
        within = (moment >= bounds.c.period_start, moment < bounds.c.period_end)
        query = select(func.count()).select_from(Task).where(Task.deleted_at.is_(None), *within)
        return query.where(scope.includes(Task.board_id)).correlate(bounds).scalar_subquery()

    created, completed = counted(Task.created_at), counted(Task.completed_at)
    return select(bounds.c.number, created, completed, _average_minutes(scope), _overdue(scope), *beside).order_by(
        bounds.c.number
    )


def _bounds(periods: int) -> Subquery:
    """A row for each period, from the parameters `start_0`, `start_1` and so on: each ends where the next starts."""
    starts = [bindparam(f"start_{number}", type_=UtcDateTime()) for number in range(periods + 1)]
    return union_all(
        *(
            select(
                literal_column(str(number)).label("number"),
                starts[number].label("period_start"),
                starts[number + 1].label("period_end"),
            )
            for number in range(periods)
        )
    ).subquery()


def _rate(by_status: Mapping[str, int]) -> float:
    done = by_status[TaskStatus.DONE] + by_status[TaskStatus.APPROVED]
    counted = sum(by_status.values()) - by_status[TaskStatus.CANCELLED]
    return round(done / counted, 4) if counted > 0 else 0.0


def _overdue(scope: BoardScope) -> ScalarSelect[Any]:
    """The number of tasks past their due time, and neither approved, done nor cancelled."""
    query = select(func.count()).select_from(Task).where(OPEN_TASK, Task.due_at < bindparam("now", type_=UtcDateTime()))
    return query.where(scope.includes(Task.board_id)).scalar_subquery()


def _average_minutes(scope: BoardScope) -> ScalarSelect[Any]:
    newest = (
        select(Task.created_at, Task.completed_at)
        .where(
            Task.deleted_at.is_(None),
            Task.completed_at >= bindparam("month_start", type_=UtcDateTime()),
            scope.includes(Task.board_id),
        )
        .order_by(Task.completed_at.desc())
        .limit(MAX_AVERAGED_TASKS)
        .subquery()
    )
    return select(func.avg(minutes_between(newest.c.created_at, newest.c.completed_at))).scalar_subquery()
