"""Tries at a password or a one-time link, counted by account and by address in fixed windows of five minutes.

The counts stand in Redis, for all processes together. While Redis is away each process counts for itself, so
that people can still sign in and guessing stays slow.
"""

import hashlib
import ipaddress
import logging
import threading
import time

from redis.exceptions import RedisError

from helix.errors import TooManyRequests
from helix.queue.connection import redis

log = logging.getLogger(__name__)

WINDOW = 300  # seconds
MOST_BY_ACCOUNT = 10
MOST_BY_ADDRESS = 50
MOST_REMEMBERED = 10_000

# Giving a try back must not bring a count to life that has just run out: it would never end.
_GIVE_BACK = "if redis.call('exists', KEYS[1]) == 1 then return redis.call('decr', KEYS[1]) end return 0"

_own: dict[str, tuple[int, float]] = {}
_own_lock = threading.Lock()


def note_try(*, account: str | None = None, address: str = "") -> None:
    """Count one try. Raises TooManyRequests when there were too many for the account or from the address.

    Counted before it is known whether the try is right, so that a hundred at the same moment are a hundred.
    """
    waits = [wait for key, most in _keys(account, address) if (wait := _count(key, most))]
    if waits:
        raise TooManyRequests("Too many tries. Wait a few minutes and try again.", retry_after=max(waits))


def forgive(*, account: str | None = None, address: str = "") -> None:
    """The try was right: the account starts afresh, and the address gets this one back."""
    for key, _most in _keys(account, address):
        whole = account is not None and key == _account_key(account)
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


def _keys(account: str | None, address: str) -> list[tuple[str, int]]:
    keys = [(_account_key(account), MOST_BY_ACCOUNT)] if account is not None else []
    return [*keys, (f"helix:tries:from:{_network(address)}", MOST_BY_ADDRESS)] if address else keys


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
        pipe.set(key, 0, ex=WINDOW, nx=True)
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
        if len(_own) > MOST_REMEMBERED:
            for old in [name for name, (_, ends) in _own.items() if ends <= now] or list(_own)[: MOST_REMEMBERED // 2]:
                del _own[old]
        count, ends = _own.get(key, (0, 0.0))
        if ends <= now:
            count, ends = 0, now + WINDOW
        _own[key] = (count + 1, ends)
        return count + 1, ends - now
