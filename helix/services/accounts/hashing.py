"""Hashing and checking passwords, a few at a time: it is dear on purpose, and must not starve everything else."""

import threading
from collections.abc import Sequence

from helix.crypto import guessing, passwords
from helix.errors import Invalid
from helix.services import settings

MAX_PASSWORD_LENGTH = passwords.LONGEST
MAX_CONCURRENT_HASHES = 4
_turn = threading.BoundedSemaphore(MAX_CONCURRENT_HASHES)


def hash_new_password(password: str, *, about: Sequence[str], field: str = "password") -> str:
    """The hash of a new password. `about` are its owner's address and name.

    Raises Invalid, about `field`, for one that is too short by the organization's rule, too long, or soon guessed.
    """
    shortest = settings.organization().password_min_length
    if len(password) < shortest:
        raise Invalid.field(field, f"A password has at least {shortest} characters.", "string_too_short")
    if len(password) > MAX_PASSWORD_LENGTH:
        raise Invalid.field(field, f"A password has at most {MAX_PASSWORD_LENGTH:,} characters.", "string_too_long")
    with _turn:
        soon_guessed = guessing.is_soon_guessed(password, [*about, settings.organization().name])
    if soon_guessed:
        raise Invalid.field(field, "This password is one of the first that is guessed. Choose another one.")
    return hash_password(password)


def hash_password(password: str) -> str:
    """The hash of a password that is in use already."""
    with _turn:
        return passwords.hash_password(password)


def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether it fits. Takes as long without a hash. What is no text at all fits nothing."""
    try:
        password.encode()
    except UnicodeEncodeError:
        password, password_hash = "", None
    with _turn:
        return passwords.verify(password_hash, password)
