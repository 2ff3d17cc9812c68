"""A month's costs on the boards that the actor sees: by agent, board, model and day, and the most expensive tasks.

Costs are counted as in budgets: at the configured maximum where a model's price is unknown. Agents that were tried
without a task cost as well: admins see all trials, members their own. The number of queries is constant.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import Integer, case, cast, func, literal, null, select, union_all

from helix import clock
from helix.extensions import db
from helix.models import Agent, Board, Run, Task, TrialCost
from helix.models.types import Id, UtcDateTime
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
# Trials are on no board.
TRIAL_COLUMNS = {GroupBy.AGENT: TrialCost.agent_id, GroupBy.BOARD: cast(null(), Id), GroupBy.MODEL: TrialCost.model}
WITHOUT_BOARD = "No board: agents tried out"


@dataclass(frozen=True)
class Share:
    """The total of one agent, board, task (by id) or model (by name). `runs` counts finished runs; `trials` counts
    how often agents were tried without a task, of which the costs are included."""

    key: int | str | None
    name: str
    cost_usd: Decimal
    runs: int
    tokens: int
    trials: int = 0


@dataclass(frozen=True)
class Series:
    """The daily costs and tokens of one agent, board or model."""

    share: Share
    cost_usd: list[Decimal]
    tokens: list[int]


@dataclass(frozen=True)
class Costs:
    """Shares are ordered by cost, highest first; `days` are the days of the month up to today; `unknown_runs` counts
    runs and trials without a known price, `trials_usd` is the part of the total that trials cost."""

    month: date
    total_usd: Decimal = Decimal(0)
    runs: int = 0
    tokens: int = 0
    unknown_runs: int = 0
    trials: int = 0
    trials_usd: Decimal = Decimal(0)
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
    run_keys, trial_keys = tuple(COLUMNS.values()), tuple(TRIAL_COLUMNS.values())
    of_runs = _finished_runs(actor, month, *(column.label(by) for by, column in COLUMNS.items())).group_by(*run_keys)
    of_trials = _trials(actor, month, *(column.label(by) for by, column in TRIAL_COLUMNS.items()))
    rows = db.session.execute(union_all(of_runs, of_trials.group_by(trial_keys[0], trial_keys[2]))).all()
    agents = _names(Agent, {row.agent for row in rows})
    boards = _names(Board, {row.board for row in rows if row.board is not None})
    shares = {
        GroupBy.AGENT: _shares(rows, GroupBy.AGENT, agents),
        GroupBy.BOARD: _shares(rows, GroupBy.BOARD, {None: WITHOUT_BOARD, **boards}),
        GroupBy.MODEL: _shares(rows, GroupBy.MODEL, {}),
    }
    days = _days(actor, month)
    return Costs(
        month=month,
        total_usd=sum((row.cost for row in rows), Decimal(0)),
        runs=sum(row.runs for row in rows),
        tokens=sum(row.tokens for row in rows),
        unknown_runs=sum(row.unknown for row in rows),
        trials=sum(row.trials for row in rows),
        trials_usd=sum((row.cost for row in rows if row.trials), Decimal(0)),
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
        literal(0, Integer).label("trials"),
    )
    return (
        query.select_from(Run)
        .join(Task, Task.id == Run.task_id)
        .where(Run.finished_at >= bounds.start, Run.finished_at < bounds.end, on_visible_boards(actor, Task.board_id))
    )


def _trials(actor: Actor, month: date, *columns: Any) -> Any:
    """As `_finished_runs`, of the trials that the actor sees: all, or his own."""
    bounds = times.month_bounds(month, actor.zone)
    query = select(
        *columns,
        func.coalesce(func.sum(TrialCost.counted_usd), 0).label("cost"),
        literal(0, Integer).label("runs"),
        func.coalesce(func.sum(TrialCost.input_tokens + TrialCost.output_tokens), 0).label("tokens"),
        func.count().filter(TrialCost.cost_usd.is_(None), TrialCost.counted_usd > 0).label("unknown"),
        func.count().label("trials"),
    ).where(TrialCost.finished_at >= bounds.start, TrialCost.finished_at < bounds.end)
    return query if actor.is_admin else query.where(TrialCost.user_id == actor.user_id)


def _names(kind: Any, ids: set[int]) -> dict[int | None, str]:
    if not ids:
        return {}
    return {
        row.id: getattr(row, "shown_name", row.name) for row in db.session.scalars(select(kind).where(kind.id.in_(ids)))
    }


def _shares(rows: Any, by: GroupBy, names: dict[int | None, str]) -> list[Share]:
    cost: defaultdict[Any, Decimal] = defaultdict(Decimal)
    runs: Counter[Any] = Counter()
    tokens: Counter[Any] = Counter()
    trials: Counter[Any] = Counter()
    for row in rows:
        key = getattr(row, by)
        cost[key] += Decimal(row.cost)
        runs[key] += row.runs
        tokens[key] += row.tokens
        trials[key] += row.trials
    shares = [
        Share(
            key,
            names.get(key) or (str(key) if by == GroupBy.MODEL and key else "No model was reached"),
            cost[key],
            runs[key],
            tokens[key],
            trials[key],
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
    ends = [literal(times.day_bounds(day, actor.zone).end, UtcDateTime()) for day in days]

    def number(finished_at: Any) -> Any:
        return case(*((finished_at < end, literal(n)) for n, end in enumerate(ends)), else_=literal(len(days) - 1))

    of_run, of_trial = COLUMNS[by], TRIAL_COLUMNS[by]
    query = union_all(
        _finished_runs(actor, month, number(Run.finished_at).label("number"), of_run.label("part")).group_by(
            "number", of_run
        ),
        _trials(actor, month, number(TrialCost.finished_at).label("number"), of_trial.label("part")).group_by(
            "number", "part"
        ),
    )
    layers = {share.key: Series(share, [Decimal(0)] * len(days), [0] * len(days)) for share in shares}
    for row in db.session.execute(query):
        layers[row.part].cost_usd[row.number] += Decimal(row.cost)
        layers[row.part].tokens[row.number] += row.tokens
    return list(layers.values())


def _next_month(month: date) -> date:
    return times.start_of_month(month + timedelta(days=31))
