"""The one place that asks what time it is. Always aware, always UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, ending in Z, to the microsecond where there are any; None stays None."""
    if moment is None:
        return None
    # Nearly all are in UTC already: a list asks for hundreds.
    return (moment if moment.tzinfo is UTC else moment.astimezone(UTC)).isoformat()[:-6] + "Z"
