"""Tries at a password or a one-time link, counted in fixed windows of five minutes.

A stranger's tries count by account and network together, so that nobody locks out a person who is elsewhere; then by
network, and by account from everywhere, so that an attacker with many addresses still meets a limit. A browser in which
the person signed in before has a count of its own, and none of the others stops it (OWASP calls this device cookies).

The counts stand in Redis, for all processes together. While Redis is away each process counts for itself, so
that people can still sign in and guessing stays slow.
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

# Giving a try back must not bring a count to life that has just run out: it would never end.
_GIVE_BACK = "if redis.call('exists', KEYS[1]) == 1 then return redis.call('decr', KEYS[1]) end return 0"

_own: dict[str, tuple[int, float]] = {}
_own_lock = threading.Lock()


def count_attempt(*, account: str | None = None, address: str = "", browser: str | None = None) -> None:
    """Count one try. Raises TooManyRequests when there were too many for the account or from the address.

    `browser` is the id of one in which this account has signed in before: its tries are counted by themselves.

    Counted before it is known whether the try is right, so that a hundred at the same moment are a hundred.
    """
    waits = [wait for limit in _limits(account, address, browser) if (wait := _count(limit.key, limit.most))]
    if waits:
        raise TooManyRequests("Too many tries. Wait a few minutes and try again.", retry_after=max(waits))


def clear_attempts(*, account: str | None = None, address: str = "", browser: str | None = None) -> None:
    """The try was right: what counts this person alone starts afresh, and what counts others too gets this one back."""
    for key, _most, whole in _limits(account, address, browser):
        try:
            if whole:
                redis().delete(key)
            else:
                redis().eval(_GIVE_BACK, 1, key)
        except (RedisError, OSError):
            with _own_lock:
                count, ends = _own.pop(key, (0, 0.0))
                if count > 1 and not whole:
                    _own[key] = (count - 1, ends)


class _Limit(NamedTuple):
    """`alone`: it counts the tries of one person in one place, and is over once a try was right."""

    key: str
    most: int
    alone: bool


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
    # Hashed: an address that was tried is nobody's business, and may be of any length.
    return f"helix:tries:for:{hashlib.sha256(account.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _network(address: str) -> str:
    """One customer of an IPv6 provider has 2**64 addresses: they count as one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


def _count(key: str, most: int) -> int:
    """Seconds to wait; 0 when this try is within what is allowed."""
    try:
        pipe = redis().pipeline()
        pipe.set(key, 0, ex=WINDOW_SECONDS, nx=True)
        pipe.incr(key)
        pipe.ttl(key)
        _, count, left = pipe.execute()
    except (RedisError, OSError) as error:
        log.info("Tries are counted in this process alone, Redis is away: %s", error)
        count, left = _count_here(key)
    return max(1, int(left)) if count > most else 0


def _count_here(key: str) -> tuple[int, float]:
    now = time.monotonic()
    with _own_lock:
        if len(_own) > MAX_REMEMBERED:
            for old in [name for name, (_, ends) in _own.items() if ends <= now] or list(_own)[: MAX_REMEMBERED // 2]:
                del _own[old]
        count, ends = _own.get(key, (0, 0.0))
        if ends <= now:
            count, ends = 0, now + WINDOW_SECONDS
        _own[key] = (count + 1, ends)
        return count + 1, ends - now
