"""When a delivery that did not get through is tried again, and when a webhook is given up."""

import random
from datetime import datetime, timedelta

from helix import clock
from helix.models import Webhook

# Between one attempt and the next: the last comes about a day after the first.
WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200, 18_000, 28_800, 28_800))
MOST_ATTEMPTS = len(WAITS) + 1
# A webhook that does not answer rests as a whole: so long at first, then twice as long each time.
FIRST_REST = timedelta(seconds=5)
LONGEST_REST = timedelta(minutes=10)
# Nothing got through in so many attempts and for so long: it is switched off.
MOST_FAILURES = 20
FAILING_FOR = timedelta(days=1)


def next_attempt(attempts: int, asked: float | None) -> datetime | None:
    """None when that was the last one. `asked` is how many seconds the other side wants to be left alone."""
    if attempts >= MOST_ATTEMPTS:
        return None
    wait = WAITS[attempts - 1] * _jitter()
    return clock.now() + max(wait, timedelta(seconds=asked or 0))


def rest(failures: int, asked: float | None) -> datetime:
    doubled = FIRST_REST * 2 ** min(failures - 1, 10)
    return clock.now() + max(min(doubled, LONGEST_REST) * _jitter(), timedelta(seconds=asked or 0))


def is_hopeless(webhook: Webhook) -> bool:
    since = webhook.failing_since
    return webhook.failures >= MOST_FAILURES and since is not None and clock.now() - since >= FAILING_FOR


def _jitter() -> float:
    return random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, guards nothing
