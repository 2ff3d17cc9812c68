"""Authenticates API requests by the Authorization header: access tokens (JWT) and personal API tokens."""

import time
from datetime import timedelta
from typing import Any

from flask import current_app
from flask_jwt_extended import create_access_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt.exceptions import PyJWTError

from helix import clock
from helix.crypto import tokens
from helix.errors import NotSignedIn
from helix.live.cache import OVERHEAD, Cache
from helix.models import User
from helix.policies.actor import Actor
from helix.services import accounts

API_TOKEN_PREFIX = "hx_"  # noqa: S105 - a prefix, not a secret
USE_INTERVAL = timedelta(minutes=1)
MAX_CACHED_TOKENS = 2000
MAX_CACHED_LENGTH = 1000

# Claims of tokens whose signature was checked.
_decoded: Cache[dict[str, Any]] = Cache(most_bytes=MAX_CACHED_TOKENS * OVERHEAD)


def access_token(user: User) -> str:
    """An access token for 24 hours. It becomes invalid when the user's token version changes."""
    return create_access_token(identity=str(user.id), additional_claims={"ver": user.token_version, "use": "access"})


def authenticate(header: str) -> Actor:
    """The actor of an Authorization header. Raises NotSignedIn if missing, invalid, expired or for another use."""
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotSignedIn("Send an access token: Authorization: Bearer ...")
    return _by_api_token(token.strip()) if token.startswith(API_TOKEN_PREFIX) else _by_access_token(token.strip())


def _by_access_token(token: str) -> Actor:
    claims = _claims(token)
    if claims.get("use") != "access" or claims.get("type") != "access":
        raise NotSignedIn("This token was made for something else. Log in for an access token.")
    try:
        user_id, version = int(claims["sub"]), int(claims["ver"])
    except (KeyError, TypeError, ValueError) as error:
        raise NotSignedIn("This token is not valid. Log in again for a new one.") from error
    actor = accounts.actor_cache.by_token_version(user_id, version)
    if actor is None:
        raise NotSignedIn("This token has ended: the password changed, or the account was closed. Log in again.")
    return actor


def _claims(token: str) -> dict[str, Any]:
    """The claims of a JWT. The signature is verified once per process, the expiry on every request."""
    key = (current_app.config["JWT_SECRET_KEY"], token)
    cached = _decoded.get(key)
    if cached is not None and cached["exp"] > time.time():
        return cached
    try:
        claims = decode_token(token)
    except (PyJWTError, JWTExtendedException, ValueError) as error:
        raise NotSignedIn("This token is not valid or has expired. Log in again for a new one.") from error
    if "exp" not in claims:
        raise NotSignedIn("This token has no end, and is not one of ours. Log in for an access token.")
    if len(token) < MAX_CACHED_LENGTH:
        _decoded.put(key, claims)
    return claims


def _by_api_token(token: str) -> Actor:
    found = accounts.actor_cache.by_api_token(tokens.hash_token(token))
    if found is None:
        raise NotSignedIn("This API token is not valid, has expired, or was deleted.")
    if found.last_used_at is None or clock.now() - found.last_used_at > USE_INTERVAL:
        accounts.record_token_use(found.token_id)
    return found.actor
