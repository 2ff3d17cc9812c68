from hypothesis import given
from hypothesis import strategies as st

from helix.backoff import backoff, jittered

attempts = st.integers(min_value=1, max_value=10_000)
seconds = st.floats(min_value=0.01, max_value=3600)
fractions = st.floats(min_value=0, max_value=1)


def test_wait_doubles_after_each_attempt_until_the_longest():
    waits = [backoff(attempt, first=2, longest=300) for attempt in range(1, 11)]

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@given(attempts, seconds, seconds)
def test_wait_without_jitter_never_shrinks_and_never_exceeds_the_longest(attempt, first, longest):
    wait = backoff(attempt, first=first, longest=longest)

    assert wait <= backoff(attempt + 1, first=first, longest=longest) <= longest
    assert wait >= min(first, longest)


@given(attempts, seconds, seconds, fractions)
def test_jitter_stays_within_its_fraction_of_the_wait(attempt, first, longest, jitter):
    plain = backoff(attempt, first=first, longest=longest)

    wait = backoff(attempt, first=first, longest=longest, jitter=jitter)

    assert plain * (1 - jitter) * 0.999 <= wait <= plain * (1 + jitter) * 1.001


@given(seconds)
def test_no_jitter_changes_nothing(wait):
    assert jittered(wait, 0) == wait


def test_jitter_spreads_those_who_fail_at_once():
    waits = {backoff(3, first=5, longest=1800, jitter=0.25) for _ in range(50)}

    assert len(waits) > 40
