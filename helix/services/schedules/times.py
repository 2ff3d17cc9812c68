"""The times of a cron expression in a time zone, and their words. All times are aware and in UTC.

Clock changes are as in Debian's cron: a fixed time that the clock jumps over happens right after the jump, one that it
passes twice happens once, and "every so many minutes" goes on by the time that has passed.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from cronsim import CronSim, CronSimError

from helix.errors import Invalid
from helix.text.times import zone_of

HALF_A_DAY = timedelta(hours=12)
FIELDS = "minute, hour, day of the month, month, weekday"
_PARTS = {
    "Bad minute": "The minute is not right: 0 to 59.",
    "Bad hour": "The hour is not right: 0 to 23.",
    "Bad day-of-month": "The day of the month is not right: 1 to 31, a day that the month has, or L for the last one.",
    "Bad month": "The month is not right: 1 to 12, or JAN to DEC.",
    "Bad day-of-week": "The weekday is not right: 0 (Sunday) to 6, or MON to SUN.",
}


@dataclass(frozen=True)
class Preview:
    """A time, in words of its zone, and what the clock does around it, if it changes."""

    at: datetime
    words: str
    note: str | None


def check(cron: str, zone: str, now: datetime) -> str:
    """The expression with single spaces. Raises Invalid for one that cannot be read, or that names no time at all."""
    cron = " ".join(cron.split()).upper()
    if len(cron.split()) != len(FIELDS.split(", ")):
        raise Invalid.field("cron", f"Write five parts: {FIELDS}. “0 9 * * 1-5” is every weekday at 9.")
    try:
        first = next(following(cron, zone, now), None)
    except CronSimError as error:
        raise Invalid.field("cron", _PARTS.get(str(error), "This is not a cron expression.")) from None
    if first is None:
        raise Invalid.field("cron", "There is no such time in the next 50 years.")
    return cron


def following(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """The times after `after`, in their order, each once."""
    last = after
    for found in CronSim(cron, after.astimezone(zone_of(zone))):
        at = found.astimezone(UTC)
        # An hour that the clock passes twice is begun with its first pass, also after the second; several times that
        # the clock jumps over are one and the same.
        if at > last:
            yield at
            last = at


def jitter(schedule_id: int, due_at: datetime, most_seconds: int) -> timedelta:
    """From 0 to `most_seconds`, always the same for a time of a schedule, so that hosts agree on it."""
    if not most_seconds:
        return timedelta(0)
    return timedelta(seconds=zlib.crc32(f"{schedule_id}:{due_at.timestamp()}".encode()) % (most_seconds + 1))


def preview(
    cron: str,
    zone: str,
    now: datetime,
    *,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    count: int = 5,
) -> list[Preview]:
    """The next times. Fewer than `count` where the schedule ends. Raises Invalid as `check`."""
    cron = check(cron, zone, now)
    times = following(cron, zone, begin(now, starts_at))
    return [
        Preview(at, in_words(at, zone, now), clock_change(at, zone))
        for at in islice(times, count)
        if ends_at is None or at <= ends_at
    ]


def begin(now: datetime, starts_at: datetime | None) -> datetime:
    """The moment after which times count."""
    return now if starts_at is None else max(now, starts_at - timedelta(microseconds=1))


def in_words(at: datetime, zone: str, now: datetime) -> str:
    """As "today at 09:00", "tomorrow at 09:00", "Monday at 09:00", "Monday, 5 January 2027 at 09:00"."""
    local, today = at.astimezone(zone_of(zone)), now.astimezone(zone_of(zone)).date()
    days = (local.date() - today).days
    year = f" {local.year}" if local.year != today.year else ""
    near = {-1: "yesterday", 0: "today", 1: "tomorrow"}.get(days)
    day = near or (f"{local:%A}" if 1 < days < 7 else f"{local:%A}, {local.day} {local:%B}{year}")
    return f"{day} at {local:%H:%M}"


def clock_change(at: datetime, zone: str) -> str | None:
    """What to say when the clock of the zone changes within half a day of the time. None when it does not."""
    before, after = ((at + step).astimezone(zone_of(zone)).utcoffset() for step in (-HALF_A_DAY, HALF_A_DAY))
    if before is None or after is None or before == after:
        return None
    return "the clock goes back that night" if after < before else "the clock goes forward that night"


def describe(cron: str) -> str:
    """The expression in words: "At 09:00 on Monday through Friday". The expression itself when it cannot be read."""
    try:
        return CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)).explain()
    except CronSimError:
        return cron
