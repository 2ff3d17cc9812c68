"""When a delivery that did not get through is tried again, and when a webhook is given up."""

from datetime import datetime, timedelta

from helix import clock
from helix.backoff import backoff, jittered
from helix.models import Webhook

# Between one attempt and the next: the last comes about a day after the first.
WAITS = (10, 60, 300, 1800, 7200, 18_000, 28_800, 28_800)  # seconds
MOST_ATTEMPTS = len(WAITS) + 1
# A webhook that does not answer rests as a whole: so long at first, then twice as long each time.
FIRST_REST, LONGEST_REST = 5.0, 600.0  # seconds
JITTER = 0.2
# Nothing got through in so many attempts and for so long: it is switched off.
MOST_FAILURES = 20
FAILING_FOR = timedelta(days=1)


def next_attempt(attempts: int, asked: float | None) -> datetime | None:
    """None when that was the last one. `asked` is how many seconds the other side wants to be left alone."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return clock.now() + timedelta(seconds=max(jittered(WAITS[attempts - 1], JITTER), asked or 0))


def rest(failures: int, asked: float | None) -> datetime:
    seconds = backoff(failures, first=FIRST_REST, longest=LONGEST_REST, jitter=JITTER)
    return clock.now() + timedelta(seconds=max(seconds, asked or 0))


def is_hopeless(webhook: Webhook) -> bool:
    since = webhook.failing_since
    return webhook.failures >= MOST_FAILURES and since is not None and clock.now() - since >= FAILING_FOR
