"""The current time, always aware and in UTC. Tests replace it here."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, ending in Z, with microseconds if there are any. None for None."""
    if moment is None:
        return None
    # Skip the conversion when the time is in UTC already: lists format hundreds.
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()[:-6] + "Z"
