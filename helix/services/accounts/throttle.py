"""Throttling of attempts at a password or a one-time link, in fixed windows of five minutes.

Attempts from an unknown browser count per account and network, so that an attacker cannot lock out a user who is on
another network; per network; and per account from anywhere, so that an attacker with many addresses still meets a
limit. A browser in which the user has signed in before has its own counter and none of the other limits (OWASP: device
cookies).

The counters are in Redis, shared by all processes. While Redis is unavailable each process counts on its own, so that
users can still sign in and guessing stays slow.
"""

import hashlib
import ipaddress
import logging
import threading
import time
from typing import NamedTuple

from redis.exceptions import RedisError

from helix.errors import TooManyRequests
from helix.queue.connection import redis

log = logging.getLogger(__name__)

WINDOW_SECONDS = 300  # seconds
MAX_BY_ACCOUNT = 10  # from one network, or in one known browser
MAX_BY_ACCOUNT_ANYWHERE = 100
MAX_BY_ADDRESS = 50
MAX_REMEMBERED = 10_000

# Decrement only an existing counter: a new one would have no expiry.
_DECREMENT_IF_EXISTS = "if redis.call('exists', KEYS[1]) == 1 then return redis.call('decr', KEYS[1]) end return 0"

_local_counts: dict[str, tuple[int, float]] = {}
_local_lock = threading.Lock()


def count_attempt(*, account: str | None = None, address: str = "", browser: str | None = None) -> None:
    """Count one attempt. Raises TooManyRequests when there were too many for the account or from the IP address.

    `browser` is the id of a browser in which this account has signed in before; its attempts count separately. Call
    this before checking the password, so that concurrent attempts are all counted.
    """
    waits = [wait for limit in _limits(account, address, browser) if (wait := _count(limit.key, limit.maximum))]
    if waits:
        raise TooManyRequests("Too many tries. Wait a few minutes and try again.", retry_after=max(waits))


def clear_attempts(*, account: str | None = None, address: str = "", browser: str | None = None) -> None:
    """After a correct attempt: reset the user's own counters, and take this attempt back from the shared ones."""
    for key, _maximum, personal in _limits(account, address, browser):
        try:
            if personal:
                redis().delete(key)
            else:
                redis().eval(_DECREMENT_IF_EXISTS, 1, key)
        except (RedisError, OSError):
            with _local_lock:
                count, ends = _local_counts.pop(key, (0, 0.0))
                if count > 1 and not personal:
                    _local_counts[key] = (count - 1, ends)


class _Limit(NamedTuple):
    """`personal`: counts one user in one place, and is reset by a correct attempt."""

    key: str
    maximum: int
    personal: bool


def _limits(account: str | None, address: str, browser: str | None = None) -> list[_Limit]:
    network = f"from:{_network(address)}" if address else ""
    if account is None:
        return [_Limit(f"helix:tries:{network}", MAX_BY_ADDRESS, False)] if network else []
    of_account = _account_key(account)
    if browser is not None:
        return [_Limit(f"{of_account}:in:{browser}", MAX_BY_ACCOUNT, True)]
    limits = [
        _Limit(f"{of_account}:{network}", MAX_BY_ACCOUNT, True),
        _Limit(of_account, MAX_BY_ACCOUNT_ANYWHERE, False),
    ]
    return [*limits, _Limit(f"helix:tries:{network}", MAX_BY_ADDRESS, False)] if network else limits


def _account_key(account: str) -> str:
    # Hashed for privacy, and because an attempted address may be of any length.
    return f"helix:tries:for:{hashlib.sha256(account.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _network(address: str) -> str:
    """The IP address; for IPv6 its /64 network, since one customer has all 2**64 addresses of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _count(key: str, maximum: int) -> int:
    """Seconds to wait; 0 while within the limit."""
    try:
        pipe = redis().pipeline()
        pipe.set(key, 0, ex=WINDOW_SECONDS, nx=True)
        pipe.incr(key)
        pipe.ttl(key)
        _, count, ttl = pipe.execute()
    except (RedisError, OSError) as error:
        log.info("Redis is unavailable, counting attempts in this process only: %s", error)
        count, ttl = _count_locally(key)
    return max(1, int(ttl)) if count > maximum else 0


def _count_locally(key: str) -> tuple[int, float]:
    now = time.monotonic()
    with _local_lock:
        if len(_local_counts) > MAX_REMEMBERED:
            for expired in [name for name, (_, ends) in _local_counts.items() if ends <= now] or list(_local_counts)[
                : MAX_REMEMBERED // 2
            ]:
                del _local_counts[expired]
        count, ends = _local_counts.get(key, (0, 0.0))
        if ends <= now:
            count, ends = 0, now + WINDOW_SECONDS
        _local_counts[key] = (count + 1, ends)
        return count + 1, ends - now
