"""Jinja filters that format values for people: money, tokens, times, names. Pure functions.

Times may be aware datetimes or ISO 8601 strings; `None` becomes an empty string.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

from flask import Flask

from helix.models.vocabulary import Priority
from helix.policies.moves import SETTLED
from helix.schemas.common import zone_names
from helix.text import zones

STATUS_LABELS = {
    "todo": "To Do",
    "in_progress": "In Progress",
    "review": "Review",
    "approved": "Approved",
    "done": "Done",
    "rejected": "Sent back",
    "cancelled": "Cancelled",
}

# For selects and menus, the most urgent first.
PRIORITY_CHOICES = [(str(word), word.capitalize()) for word in sorted(Priority, key=lambda word: -word.rank)]

Moment = datetime | str | None


def moment(when: Moment) -> datetime | None:
    """Parse to an aware datetime. Naive values are taken as UTC."""
    if not when:
        return None
    value = datetime.fromisoformat(when) if isinstance(when, str) else when
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def iso(when: Moment) -> str:
    value = moment(when)
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if value else ""


def ago(when: Moment, now: datetime | None = None, zone: tzinfo | None = None) -> str:
    """ "now", "4m ago", "in 3h", "2d ago", then the date. times.js updates the pages in the same format."""
    value = moment(when)
    if value is None:
        return ""
    now = now or datetime.now(UTC)
    seconds = int((now - value).total_seconds())
    size = abs(seconds)
    if size < 45:
        return "now"
    for limit, unit, letter in ((3570, 60, "m"), (84600, 3600, "h"), (604800, 86400, "d")):
        if size < limit:
            count = max(1, round(size / unit))
            return f"{count}{letter} ago" if seconds > 0 else f"in {count}{letter}"
    return day(value, now, zone)


def day(when: Moment, now: datetime | None = None, zone: tzinfo | None = None) -> str:
    """ "3 Dec", with the year if it is not the current one."""
    value = moment(when)
    if value is None:
        return ""
    now = (now or datetime.now(UTC)).astimezone(zone or UTC)
    value = value.astimezone(zone or UTC)
    return f"{value.day} {value:%b}" + (f" {value.year}" if value.year != now.year else "")


def due(when: Moment, now: datetime | None = None, zone: tzinfo | None = None) -> str:
    """A due date as people say it: "Today", "Tomorrow", "Fri", "3 Dec"."""
    value = moment(when)
    if value is None:
        return ""
    now = (now or datetime.now(UTC)).astimezone(zone or UTC)
    value = value.astimezone(zone or UTC)
    days = (value.date() - now.date()).days
    if days in (-1, 0, 1):
        return {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}[days]
    return f"{value:%a}" if 1 < days < 7 else day(value, now, zone)


def day_input(when: Moment, zone: tzinfo | None = None) -> str:
    """ "2026-12-03", the value of a date input."""
    value = moment(when)
    return value.astimezone(zone or UTC).date().isoformat() if value else ""


def join_names(names: Iterable[str]) -> str:
    """ "Mia", "Mia and Noah", "Mia, Noah and 3 others"."""
    found = list(names)
    if len(found) < 3:
        return " and ".join(found)
    return f"{found[0]}, {found[1]} and {len(found) - 2} {'other' if len(found) == 3 else 'others'}"


def exact(when: Moment, zone: tzinfo | None = None) -> str:
    """ "3 Dec 2026, 14:05 UTC", for tooltips."""
    value = moment(when)
    return f"{(local := value.astimezone(zone or UTC)).day} {local:%b %Y, %H:%M %Z}" if value else ""


def overdue(when: Moment, status: str, now: datetime | None = None) -> bool:
    value = moment(when)
    return value is not None and status not in SETTLED and value < (now or datetime.now(UTC))


def money(amount: Decimal | float | str | None) -> str:
    """Dollars with two decimals from $1, four below; "price unknown" for None."""
    if amount is None:
        return "price unknown"
    value = Decimal(str(amount))
    if value == 0:
        return "$0"
    return f"${value:,.2f}" if abs(value) >= 1 else f"${value:.4f}"


def run_cost(cost: Decimal | None, counted: Decimal | None) -> str:
    """What a run has cost; with an unknown price what budgets count for it."""
    return money(cost) if cost is not None else f"price unknown, counted as {money(counted or 0)}"


def tokens(count: int | None) -> str:
    """840, 12.4k, 1.2M."""
    if count is None:
        return ""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            return f"{count / size:.1f}".removesuffix(".0") + letter
    return str(count)


def capped(count: int) -> str:
    """A count for a small badge: 7, 99, 99+."""
    return str(count) if count < 100 else "99+"


def plural(count: int, word: str) -> str:
    """The word as it stands behind the number: 1 task, 2 tasks. For words that only take an s."""
    return word if count == 1 else f"{word}s"


def duration(seconds: float | None) -> str:
    """0:42, 12:05, 1:02:09."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def took(seconds: float | None) -> str:
    """A duration that may be short: "40 ms", "2.3 s", "12 s", then as `duration`."""
    if seconds is None:
        return ""
    if seconds < 0.995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if seconds < 59.5 else duration(seconds)


def minutes(count: float | None) -> str:
    """A duration in minutes: "8 min", "2 h 5 min", "3 d 4 h"."""
    if count is None:
        return ""
    whole = round(count)
    if whole < 60:
        return f"{whole} min"
    hours, rest = divmod(whole, 60)
    if hours < 24:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def initials(name: str | None) -> str:
    """Two letters for an avatar: the initials of the first and last word, or the first two letters of a single word."""
    words = [word for word in (name or "").split() if word[0].isalnum()] or [(name or "?").strip() or "?"]
    letters = words[0][0] + words[-1][0] if len(words) > 1 else words[0][:2]
    return letters[0].upper() + letters[1:]


def hue(id_: int | None) -> int:
    """One of twelve hues, stable per id. Consecutive ids get clearly different hues."""
    return ((id_ or 0) * 5) % 12


def zone_offset(name: str) -> str:
    """The present offset of a time zone, such as "UTC+5:30". Empty for a name that there is not."""
    return zones.offset(name, datetime.now(UTC)) if name in zone_names() else ""


def status_label(status: str) -> str:
    return STATUS_LABELS.get(str(status), str(status))


def register(app: Flask, zone: Callable[[], tzinfo], due_zone: Callable[[], tzinfo] | None = None) -> None:
    """Register the filters and the global `priority_choices`.

    `zone` returns the viewer's time zone for the request, `due_zone` that of due dates.
    """
    due_zone = due_zone or zone
    filters: dict[str, Callable[..., Any]] = {
        "iso": iso,
        "money": money,
        "tokens": tokens,
        "capped": capped,
        "plural": plural,
        "duration": duration,
        "took": took,
        "minutes": minutes,
        "initials": initials,
        "hue": hue,
        "status_label": status_label,
        "overdue": overdue,
        "ago": lambda when: ago(when, zone=zone()),
        "day": lambda when: day(when, zone=zone()),
        "listed": join_names,
        "day_input": lambda when: day_input(when, due_zone()),
        "due": lambda when: due(when, zone=due_zone()),
        "exact": lambda when: exact(when, zone()),
        "zone_offset": zone_offset,
    }
    app.jinja_env.filters.update(filters)
    app.jinja_env.globals["priority_choices"] = PRIORITY_CHOICES
