"""How long to wait between attempts: exponential backoff with jitter."""

import random

# Past this exponent every wait in use has reached its longest, and the power of two still fits a float.
_LARGEST_EXPONENT = 60


def backoff(attempt: int, *, first: float, longest: float, jitter: float = 0.0) -> float:
    """Seconds to wait after failed attempt number `attempt`, which counts from 1.

    `first`, then twice as long after each attempt, up to `longest`. `jitter` is as in `jittered`, applied last: with
    it a wait may exceed `longest` by that fraction.
    """
    exponent = min(max(attempt - 1, 0), _LARGEST_EXPONENT)
    return jittered(min(first * 2**exponent, longest), jitter)


def jittered(seconds: float, fraction: float) -> float:
    """`seconds`, changed at random by up to `fraction` either way, so that many who wait do not return at once."""
    return seconds * random.uniform(1 - fraction, 1 + fraction)  # noqa: S311 - spreads load, guards nothing
