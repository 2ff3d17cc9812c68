"""How long the provider asks us to wait."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 86_400.0


def seconds(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """From Retry-After, which is in seconds or a date, or from retry-after-ms. None when it says nothing usable."""
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
