"""Hashing and checking passwords, a few at a time: it is dear on purpose, and must not starve everything else."""

import threading

from helix.crypto import passwords
from helix.errors import Invalid

SHORTEST = 8
LONGEST = passwords.LONGEST
AT_ONCE = 4
_turn = threading.BoundedSemaphore(AT_ONCE)


def hashed(password: str, *, field: str = "password") -> str:
    """The hash of a new password. Raises Invalid, about `field`, for one that is too short or too long."""
    if len(password) < SHORTEST:
        raise Invalid.field(field, f"A password has at least {SHORTEST} characters.", "string_too_short")
    if len(password) > LONGEST:
        raise Invalid.field(field, f"A password has at most {LONGEST:,} characters.", "string_too_long")
    return rehashed(password)


def rehashed(password: str) -> str:
    """The hash of a password that is in use already."""
    with _turn:
        return passwords.hash_password(password)


def fits(password_hash: str | None, password: str) -> bool:
    """Whether it fits. Takes as long without a hash. What is no text at all fits nothing."""
    try:
        password.encode()
    except UnicodeEncodeError:
        password, password_hash = "", None
    with _turn:
        return passwords.verify(password_hash, password)
