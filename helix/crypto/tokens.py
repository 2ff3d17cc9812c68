"""Tokens that are shown once and stored as hashes: personal API tokens, invitations, reset links."""

import hashlib
import hmac
import secrets
from typing import NamedTuple


class NewToken(NamedTuple):
    """`plain` goes to its owner and is never stored; `hash` (64 hex digits) goes into the database."""

    plain: str
    hash: str


def new_token(prefix: str = "hx_") -> NewToken:
    """A new token of 256 random bits, safe in URLs and headers."""
    plain = prefix + secrets.token_urlsafe(32)
    return NewToken(plain, hash_token(plain))


def hash_token(plain: str) -> str:
    """SHA-256 in hex. Fast on purpose: 256 random bits cannot be guessed, unlike passwords."""
    return hashlib.sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def matches(plain: str, stored_hash: str) -> bool:
    """Whether the token has this hash, compared in constant time."""
    return hmac.compare_digest(hash_token(plain).encode(), stored_hash.encode("utf-8", "surrogatepass"))
