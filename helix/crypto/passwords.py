"""Passwords as Argon2id hashes. Wrong passwords and unknown users take the same time."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# Characters. Hashing passwords of megabytes would allow denial of service.
LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one hash: `memory` in KiB, `rounds` over it, `lanes` in parallel."""

    memory: int
    rounds: int
    lanes: int


# OWASP's password storage sheet: 19 MiB, two rounds, one lane. Many sign-ins at once stay affordable.
STRONG = Cost(memory=19 * 1024, rounds=2, lanes=1)
# Only for test suites, which hash thousands of passwords. Set by HELIX_FAST_PASSWORDS=1, which production refuses.
QUICK = Cost(memory=8, rounds=1, lanes=1)
_fast = False


def use(*, fast: bool) -> None:
    """Choose the cheap hashes of test suites or strong ones. Called once when a process starts."""
    global _fast
    _fast = fast


def hash_password(password: str) -> str:
    """The Argon2id hash to store. Raises ValueError above 1,024 characters."""
    if len(password) > LONGEST:
        raise ValueError(f"A password has at most {LONGEST:,} characters.")
    return _hasher(_cost()).hash(_normal(password))


def verify(stored: str | None, password: str) -> bool:
    """Whether the password matches the stored hash. Without a hash (an unknown user), False after the same time."""
    usable = stored if stored and len(password) <= LONGEST else None
    try:
        matches = _hasher(_cost()).verify(usable or _placeholder_hash(_cost()), _normal(password[:LONGEST]))
    except InvalidHashError:
        return verify(None, password)
    except VerificationError:
        return False
    return matches and usable is not None


def needs_rehash(stored: str | None) -> bool:
    """Whether the hash was made at another cost than today's. Ask after a successful sign-in, and store a new one."""
    if stored is None:
        return False
    try:
        return _hasher(_cost()).check_needs_rehash(stored)
    except InvalidHashError:
        return True


def _cost() -> Cost:
    return QUICK if _fast else STRONG


def _normal(password: str) -> str:
    # Keyboards may send the same password composed or decomposed.
    return unicodedata.normalize("NFKC", password)


@lru_cache(maxsize=4)
def _hasher(cost: Cost) -> PasswordHasher:
    return PasswordHasher(time_cost=cost.rounds, memory_cost=cost.memory, parallelism=cost.lanes)


@lru_cache(maxsize=4)
def _placeholder_hash(cost: Cost) -> str:
    return _hasher(cost).hash("a password that nobody has")
