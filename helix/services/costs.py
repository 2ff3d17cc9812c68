"""A month's costs on the boards that the actor sees: by agent, board, model and day, and the most expensive tasks.

Costs are counted as in budgets: at the configured maximum where a model's price is unknown. The number of queries is
constant.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import case, func, literal, select

from helix import clock
from helix.extensions import db
from helix.models import Agent, Board, Run, Task
from helix.models.types import UtcDateTime
from helix.policies.actor import Actor
from helix.services.access import on_visible_boards
from helix.text import times

MAX_TASKS = 10


class GroupBy(StrEnum):
    """How the daily series are grouped."""

    AGENT = "agent"
    BOARD = "board"
    MODEL = "model"


COLUMNS = {GroupBy.AGENT: Run.agent_id, GroupBy.BOARD: Task.board_id, GroupBy.MODEL: Run.model}


@dataclass(frozen=True)
class Share:
    """The total of one agent, board, task (by id) or model (by name). `runs` counts finished runs."""

    key: int | str | None
    name: str
    cost_usd: Decimal
    runs: int
    tokens: int


@dataclass(frozen=True)
class Series:
    """The daily costs and tokens of one agent, board or model."""

    share: Share
    cost_usd: list[Decimal]
    tokens: list[int]


@dataclass(frozen=True)
class Costs:
    """Shares are ordered by cost, highest first; `days` are the days of the month up to today; `unknown_runs` counts
    runs without a known price."""

    month: date
    total_usd: Decimal = Decimal(0)
    runs: int = 0
    tokens: int = 0
    unknown_runs: int = 0
    agents: list[Share] = field(default_factory=list)
    boards: list[Share] = field(default_factory=list)
    models: list[Share] = field(default_factory=list)
    tasks: list[Share] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    layers: list[Series] = field(default_factory=list)
    """The daily costs, grouped by agent, board or model."""


def this_month(actor: Actor) -> date:
    """The first day of the current month, in the organization's time zone."""
    return times.start_of_month(times.today(clock.now(), actor.zone))


def of_month(actor: Actor, month: date, by: GroupBy = GroupBy.AGENT) -> Costs:
    """The costs of a month, given by its first day; `by` groups the daily series. Five queries."""
    rows = db.session.execute(
        _finished_runs(actor, month, Run.agent_id, Task.board_id, Run.model).group_by(
            Run.agent_id, Task.board_id, Run.model
        )
    ).all()
    agents = _names(Agent, {row.agent_id for row in rows})
    boards = _names(Board, {row.board_id for row in rows})
    shares = {
        GroupBy.AGENT: _shares(rows, "agent_id", agents),
        GroupBy.BOARD: _shares(rows, "board_id", boards),
        GroupBy.MODEL: _shares(rows, "model", {}),
    }
    days = _days(actor, month)
    return Costs(
        month=month,
        total_usd=sum((row.cost for row in rows), Decimal(0)),
        runs=sum(row.runs for row in rows),
        tokens=sum(row.tokens for row in rows),
        unknown_runs=sum(row.unknown for row in rows),
        agents=shares[GroupBy.AGENT],
        boards=shares[GroupBy.BOARD],
        models=shares[GroupBy.MODEL],
        tasks=_most_expensive_tasks(actor, month),
        days=days,
        layers=_series(actor, month, days, by, shares[by]),
    )


def _finished_runs(actor: Actor, month: date, *columns: Any) -> Any:
    bounds = times.month_bounds(month, actor.zone)
    query = select(
        *columns,
        func.coalesce(func.sum(Run.counted_usd), 0).label("cost"),
        func.count().label("runs"),
        func.coalesce(func.sum(Run.input_tokens + Run.output_tokens), 0).label("tokens"),
        func.count().filter(Run.cost_usd.is_(None), Run.counted_usd > 0).label("unknown"),
    )
    return (
        query.select_from(Run)
        .join(Task, Task.id == Run.task_id)
        .where(Run.finished_at >= bounds.start, Run.finished_at < bounds.end, on_visible_boards(actor, Task.board_id))
    )


def _names(kind: Any, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    return {
        row.id: getattr(row, "shown_name", row.name) for row in db.session.scalars(select(kind).where(kind.id.in_(ids)))
    }


def _shares(rows: Any, by: str, names: dict[int, str]) -> list[Share]:
    cost: defaultdict[Any, Decimal] = defaultdict(Decimal)
    runs: Counter[Any] = Counter()
    tokens: Counter[Any] = Counter()
    for row in rows:
        key = getattr(row, by)
        cost[key] += Decimal(row.cost)
        runs[key] += row.runs
        tokens[key] += row.tokens
    shares = [
        Share(
            key,
            names.get(key) or (str(key) if by == "model" and key else "No model was reached"),
            cost[key],
            runs[key],
            tokens[key],
        )
        for key in cost
    ]
    return sorted(shares, key=lambda share: (-share.cost_usd, -share.tokens, -share.runs, share.name))


def _most_expensive_tasks(actor: Actor, month: date) -> list[Share]:
    query = (
        _finished_runs(actor, month, Task.id, Task.title).where(Task.deleted_at.is_(None)).group_by(Task.id, Task.title)
    )
    cost = func.sum(Run.counted_usd)
    rows = db.session.execute(query.having(cost > Decimal(0)).order_by(cost.desc(), Task.id).limit(MAX_TASKS))
    return [Share(row.id, row.title, Decimal(row.cost), row.runs, row.tokens) for row in rows]


def _days(actor: Actor, month: date) -> list[date]:
    last = min(times.today(clock.now(), actor.zone), _next_month(month) - timedelta(days=1))
    return [month + timedelta(days=number) for number in range((last - month).days + 1)]


def _series(actor: Actor, month: date, days: list[date], by: GroupBy, shares: list[Share]) -> list[Series]:
    if not days:
        return []
    column = COLUMNS[by]
    ends = [literal(times.day_bounds(day, actor.zone).end, UtcDateTime()) for day in days]
    number = case(*((Run.finished_at < end, literal(n)) for n, end in enumerate(ends)), else_=literal(len(days) - 1))
    query = _finished_runs(actor, month, number.label("number"), column.label("part")).group_by("number", column)
    layers = {share.key: Series(share, [Decimal(0)] * len(days), [0] * len(days)) for share in shares}
    for row in db.session.execute(query):
        layers[row.part].cost_usd[row.number] += Decimal(row.cost)
        layers[row.part].tokens[row.number] += row.tokens
    return list(layers.values())


def _next_month(month: date) -> date:
    return times.start_of_month(month + timedelta(days=31))
