"""Time zones for people to choose from: the names of places, without old spellings and technical names."""

from datetime import datetime
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo


@cache
def places() -> tuple[str, ...]:
    """UTC, and the names of the time zone database for places, such as Europe/Berlin, by name."""
    table = resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text(encoding="utf-8")
    names = {line.split("\t")[2] for line in table.splitlines() if line and not line.startswith("#")}
    return ("UTC", *sorted(names))


def offset(name: str, at: datetime) -> str:
    """The distance to UTC at that moment, such as "UTC+5:30"."""
    distance = at.astimezone(ZoneInfo(name)).utcoffset()
    minutes = int(distance.total_seconds() // 60) if distance else 0
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}{f':{rest:02}' if rest else ''}"
