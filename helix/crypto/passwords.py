"""Argon2id, with its library's recommended cost."""

import os
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError


@cache
def _hasher() -> PasswordHasher:
    # A suite hashes thousands of times; what it costs to guess is no question there.
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if _fast() else PasswordHasher()


def _fast() -> bool:
    return os.environ.get("HELIX_FAST_PASSWORDS") == "1"


@cache
def _nobodys_hash() -> str:
    return _hasher().hash("nobody has this password")


def hash_password(password: str) -> str:
    return _hasher().hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Whether it fits. Without a hash it takes just as long, so that unknown addresses do not show."""
    try:
        _hasher().verify(password_hash or _nobodys_hash(), password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return password_hash is not None


def needs_rehash(password_hash: str | None) -> bool:
    return password_hash is not None and _hasher().check_needs_rehash(password_hash)
