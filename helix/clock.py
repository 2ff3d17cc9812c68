"""The one place that asks what time it is. Always aware, always UTC."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, ending in Z, to the microsecond where there are any; None stays None."""
    return None if moment is None else moment.astimezone(UTC).isoformat()[:-6] + "Z"
