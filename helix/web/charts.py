"""Charts as numbers: where the strokes of an SVG stand. Pure; templates draw them, without a style of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

WIDTH, HEIGHT, FOOT = 720, 132, 18
GAP = 0.28  # of a day's width


@dataclass(frozen=True)
class Bar:
    """A day: a stack of what succeeded and, on top, what failed. All in units of the drawing."""

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
    marks: list[tuple[float, date, str]]
    """Where a date is written below: x, the date, and how the text is anchored."""
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - FOOT


def days(history: Sequence[dict[str, Any]]) -> DayChart:
    """Bars of runs and a line of cost. Each day has `date`, `succeeded`, `failed`, `cost_usd`."""
    base, top = HEIGHT - FOOT, 14
    most = max((day["succeeded"] + day["failed"] for day in history), default=0)
    dearest = max((day["cost_usd"] for day in history), default=0.0)
    step = WIDTH / max(1, len(history))
    bars, points = [], []
    for n, day in enumerate(history):
        good = _part(day["succeeded"], most) * (base - top)
        bad = _part(day["failed"], most) * (base - top)
        bars.append(
            Bar(
                x=round(n * step + step * GAP / 2, 2),
                width=round(step * (1 - GAP), 2),
                good_y=round(base - good, 2),
                good_height=round(good, 2),
                bad_y=round(base - good - bad, 2),
                bad_height=round(bad, 2),
                day=day,
            )
        )
        points.append(f"{n * step + step / 2:.2f},{base - _part(day['cost_usd'], dearest) * (base - top):.2f}")
    return DayChart(bars, " ".join(points), most, dearest, _marks(history))


def _part(value: float, of: float) -> float:
    return value / of if of else 0.0


def _marks(history: Sequence[dict[str, Any]]) -> list[tuple[float, date, str]]:
    if not history:
        return []
    middle = len(history) // 2
    return [
        (0.0, history[0]["date"], "start"),
        (round((middle + 0.5) * WIDTH / len(history), 2), history[middle]["date"], "middle"),
        (float(WIDTH), history[-1]["date"], "end"),
    ]
