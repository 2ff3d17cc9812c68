"""Days and moments in a zone. Everything that comes out is aware and in UTC."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def moment(value: datetime | date | None, zone: str) -> datetime | None:
    """A time as it was meant: a naive one is read in `zone`, a plain date is the end of that day there."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    return end_of_day(value, zone)


def start_of_day(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def end_of_day(day: date, zone: str) -> datetime:
    """The last second of it."""
    return start_of_day(day + timedelta(days=1), zone) - timedelta(seconds=1)


def today(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def start_of_week(day: date) -> date:
    """Its Monday."""
    return day - timedelta(days=day.weekday())
