"""The chart of created and completed tasks per day, as coordinates for an SVG template. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 640, 140
TOP, BOTTOM, RIGHT = 12, 20, 76  # room for labels


@dataclass(frozen=True)
class Day:
    x: float
    left: float
    width: float
    day: dict[str, Any]


@dataclass(frozen=True)
class Lines:
    """Two polylines, and the heights of their labels, which do not overlap."""

    created: str
    completed: str
    created_label: float
    completed_label: float
    days: list[Day]
    most: int
    total_created: int
    total_completed: int
    base: float = HEIGHT - BOTTOM
    top: float = TOP
    right: float = WIDTH - RIGHT
    width: int = WIDTH
    height: int = HEIGHT


def line_chart(daily: Sequence[dict[str, Any]]) -> Lines:
    """Build the chart from days with `date`, `created` and `completed`."""
    most = max((max(day["created"], day["completed"]) for day in daily), default=0)
    step = (WIDTH - RIGHT) / max(1, len(daily) - 1)

    def height(value: int) -> float:
        return round(HEIGHT - BOTTOM - (value / most if most else 0) * (HEIGHT - BOTTOM - TOP), 2)

    def points(name: str) -> str:
        return " ".join(f"{number * step:.2f},{height(day[name])}" for number, day in enumerate(daily))

    ends = [height(daily[-1][name]) if daily else HEIGHT - BOTTOM for name in ("created", "completed")]
    created, completed = _apart(*ends)
    return Lines(
        created=points("created"),
        completed=points("completed"),
        created_label=created,
        completed_label=completed,
        days=[
            Day(round(number * step, 2), round(max(0, (number - 0.5) * step), 2), round(step, 2), day)
            for number, day in enumerate(daily)
        ],
        most=most,
        total_created=sum(day["created"] for day in daily),
        total_completed=sum(day["completed"] for day in daily),
    )


def _apart(first: float, second: float, gap: float = 14) -> tuple[float, float]:
    """Move two heights apart to at least `gap`, within the chart."""
    if abs(first - second) >= gap:
        return first, second
    lower, upper = max(first, second), min(first, second)
    lower = min(HEIGHT - BOTTOM, upper + gap)
    upper = lower - gap
    return (lower, upper) if first > second else (upper, lower)
