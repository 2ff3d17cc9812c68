"""A stacked chart of costs or tokens per day, as coordinates for an SVG template. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

WIDTH, HEIGHT = 960, 220
TOP, BOTTOM = 24, 28  # room for labels
MAX_LAYERS = 5
REST = "Others"
MIN_DAYS = 14  # least number of days on the axis, so that a single day does not fill the chart


@dataclass(frozen=True)
class Series:
    """One layer with its values per day. `number` selects its colour; 0 is the remainder."""

    number: int
    name: str
    values: list[Any]

    @property
    def total(self) -> Any:
        return sum(self.values)


@dataclass(frozen=True)
class Part:
    number: int
    y: float
    height: float


@dataclass(frozen=True)
class Stack:
    """The stack of a day: its parts from bottom to top, and their names and values."""

    x: float
    width: float
    top: float
    day: date
    total: Any
    parts: list[Part]
    said: list[tuple[str, Any]]


@dataclass(frozen=True)
class StackedDays:
    series: list[Series]
    stacks: list[Stack]
    dearest: Stack
    width: int = WIDTH
    height: int = HEIGHT
    base: int = HEIGHT - BOTTOM


def stacked_chart(days: Sequence[date], layers: Sequence[tuple[str, list[Any]]]) -> StackedDays | None:
    """Build the chart. `layers` are (name, values per day), largest first. None when all values are zero."""
    series = _few(layers)
    totals = [sum(one.values[number] for one in series) for number in range(len(days))]
    most = max(totals, default=0)
    if not most:
        return None
    step = WIDTH / max(len(days), MIN_DAYS)
    stacks = []
    for number, day in enumerate(days):
        parts, y = [], float(HEIGHT - BOTTOM)
        for one in series:
            height = float(one.values[number] / most) * (HEIGHT - BOTTOM - TOP)
            y -= height
            if height:
                parts.append(Part(one.number, round(y, 2), round(height, 2)))
        stacks.append(
            Stack(
                x=round(number * step, 2),
                width=round(step * 0.72, 2),
                top=round(y, 2),
                day=day,
                total=totals[number],
                parts=parts,
                said=[(one.name, one.values[number]) for one in series if one.values[number]],
            )
        )
    return StackedDays(series, stacks, max(stacks, key=lambda stack: stack.total))


def _few(layers: Sequence[tuple[str, list[Any]]]) -> list[Series]:
    """The largest layers; the others are summed into one on top."""
    shown = len(layers) if len(layers) <= MAX_LAYERS + 1 else MAX_LAYERS
    found = [Series(n if n <= MAX_LAYERS else 0, name, values) for n, (name, values) in enumerate(layers[:shown], 1)]
    rest = [values for _name, values in layers[shown:]]
    if rest:
        found.append(Series(0, REST, [sum(of_day) for of_day in zip(*rest, strict=True)]))
    return found
