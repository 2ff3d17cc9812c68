"""Days and times in a time zone. All results are aware datetimes in UTC.

`zone` is an IANA name such as "Europe/Berlin". Invalid input raises ValueError with a message.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class Bounds(NamedTuple):
    """From `start` (included) to `end` (not included)."""

    start: datetime
    end: datetime


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f'There is no time zone "{name[:50]}". Use a name such as Europe/Berlin or UTC.') from error


def moment(value: datetime | date | None, zone: str) -> datetime | None:
    """The time in UTC: a naive one is interpreted in `zone`, a date is the end of that day there."""
    if value is None:
        return None
    if not isinstance(value, datetime):
        return end_of_day(value, zone)
    try:
        return (value if value.tzinfo else value.replace(tzinfo=zone_of(zone))).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("That time is beyond the calendar.") from error


def beginning(value: datetime | date, zone: str) -> datetime:
    """The start of a range: the given time, or the beginning of the day."""
    if not isinstance(value, datetime):
        return start_of_day(value, zone)
    result = moment(value, zone)
    assert result
    return result


def today(now: datetime, zone: str) -> date:
    return now.astimezone(zone_of(zone)).date()


def start_of_day(day: date, zone: str) -> datetime:
    """The first moment of the day, also if the clock changes at midnight."""
    try:
        return datetime.combine(day, time.min, zone_of(zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("That day is beyond the calendar.") from error


def end_of_day(day: date, zone: str) -> datetime:
    """The last second of it."""
    return start_of_day(_later(day, 1), zone) - timedelta(seconds=1)


def start_of_week(day: date) -> date:
    """Its Monday."""
    return day - timedelta(days=day.weekday())


def start_of_month(day: date) -> date:
    return day.replace(day=1)


def day_bounds(day: date, zone: str) -> Bounds:
    """The day, which has 23 to 25 hours."""
    return Bounds(start_of_day(day, zone), start_of_day(_later(day, 1), zone))


def month_bounds(day: date, zone: str) -> Bounds:
    """The calendar month of the day."""
    first = start_of_month(day)
    return Bounds(start_of_day(first, zone), start_of_day(start_of_month(_later(first, 31)), zone))


def shown(at: datetime, zone: str) -> str:
    """As a sentence names it: 2026-11-30 at 15:04 (Europe/Berlin)."""
    return f"{at.astimezone(zone_of(zone)):%Y-%m-%d at %H:%M} ({zone})"


def _later(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError as error:
        raise ValueError("That day is beyond the calendar.") from error
