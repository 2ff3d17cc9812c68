"""The Retry-After header of a response."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 86_400.0


def seconds(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds to wait, at most a day, from Retry-After (seconds or a date) or retry-after-ms. None if unusable."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return _within(milliseconds / 1000)
    value = headers.get("retry-after")
    number = _number(value)
    if number is not None:
        return _within(number)
    return _until(value, now or datetime.now(UTC)) if value else None


def _until(value: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _within((moment - now).total_seconds())


def _number(value: str | None) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _within(wait: float) -> float:
    return min(max(wait, 0.0), LONGEST)
