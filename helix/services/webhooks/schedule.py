"""When a failed delivery is attempted again, and when a webhook is given up."""

from datetime import datetime, timedelta

from helix import clock
from helix.backoff import backoff, jittered
from helix.models import Webhook

# Between one attempt and the next: the last comes about a day after the first.
WAITS = (10, 60, 300, 1800, 7200, 18_000, 28_800, 28_800)  # seconds
MOST_ATTEMPTS = len(WAITS) + 1
# A webhook that does not answer rests as a whole: for the first of these, then twice as long each time.
FIRST_REST, LONGEST_REST = 5.0, 600.0  # seconds
JITTER = 0.2
# A webhook is switched off after so many failures in a row, over at least so long.
MOST_FAILURES = 20
FAILING_FOR = timedelta(days=1)


def next_attempt(attempts: int, asked: float | None) -> datetime | None:
    """None when that was the last one. `asked`: the seconds of a Retry-After header."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return clock.now() + timedelta(seconds=max(jittered(WAITS[attempts - 1], JITTER), asked or 0))


def rest(failures: int, asked: float | None) -> datetime:
    seconds = backoff(failures, first=FIRST_REST, longest=LONGEST_REST, jitter=JITTER)
    return clock.now() + timedelta(seconds=max(seconds, asked or 0))


def is_hopeless(webhook: Webhook) -> bool:
    since = webhook.failing_since
    return webhook.failures >= MOST_FAILURES and since is not None and clock.now() - since >= FAILING_FOR
