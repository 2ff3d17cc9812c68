"""The chart of an agent's runs and costs, as coordinates for an SVG template. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

WIDTH, HEIGHT = 720, 100
GAP = 0.28  # of a day's width


@dataclass(frozen=True)
class Bar:
    """The bar of a day: succeeded runs below, failed ones on top. In SVG units."""

    x: float
    width: float
    good_y: float
    good_height: float
    bad_y: float
    bad_height: float
    day: dict[str, Any]


@dataclass(frozen=True)
class DayChart:
    bars: list[Bar]
    line: str
    """The cost, as points of a polyline."""
    most_runs: int
    most_cost: float
    marks: list[date]
    """The first, the middle and the last day."""
    width: int = WIDTH
    height: int = HEIGHT


def run_chart(history: Sequence[dict[str, Any]]) -> DayChart:
    """Bars of runs and a line of cost. Each day has `date`, `succeeded`, `failed`, `cost_usd`."""
    most = max((day["succeeded"] + day["failed"] for day in history), default=0)
    dearest = max((day["cost_usd"] for day in history), default=0.0)
    step = WIDTH / max(1, len(history))
    bars, points = [], []
    for n, day in enumerate(history):
        good = _part(day["succeeded"], most) * HEIGHT
        bad = _part(day["failed"], most) * HEIGHT
        bars.append(
            Bar(
                x=round(n * step + step * GAP / 2, 2),
                width=round(step * (1 - GAP), 2),
                good_y=round(HEIGHT - good, 2),
                good_height=round(good, 2),
                bad_y=round(HEIGHT - good - bad, 2),
                bad_height=round(bad, 2),
                day=day,
            )
        )
        points.append(f"{n * step + step / 2:.2f},{HEIGHT - _part(day['cost_usd'], dearest) * HEIGHT:.2f}")
    marks = [history[n]["date"] for n in (0, len(history) // 2, -1)] if history else []
    return DayChart(bars, " ".join(points), most, dearest, marks)


def _part(value: float, of: float) -> float:
    return value / of if of else 0.0
