"""Tokens that are shown once and kept as a hash: long and random, so a plain SHA-256 is enough."""

import hashlib
import secrets


def new_token(prefix: str = "hx_") -> tuple[str, str]:
    """(the token to show, the hash to keep)."""
    token = prefix + secrets.token_urlsafe(32)
    return token, hash_token(token)


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
