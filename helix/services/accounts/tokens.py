"""Personal API tokens for integrations: shown once, stored as a hash, with at most their owner's rights."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from helix import clock
from helix.clock import iso
from helix.crypto import tokens
from helix.db.transaction import transaction
from helix.errors import Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import ApiToken
from helix.models.vocabulary import TokenScope
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.access import refuse_api_tokens


def api_tokens(actor: Actor) -> list[ApiToken]:
    """The actor's tokens, newest first, including expired ones."""
    return list(
        db.session.scalars(select(ApiToken).where(ApiToken.user_id == actor.user_id).order_by(ApiToken.id.desc()))
    )


def create_api_token(
    actor: Actor, *, name: str, scope: TokenScope = TokenScope.WRITE, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Create a token. Returns its row and the token itself, which cannot be read again."""
    refuse_api_tokens(actor)
    if actor.user_id is None:
        raise Forbidden("Only users can have API tokens.")
    now = clock.now()
    if expires_at is not None and expires_at <= now:
        raise Invalid.field("expires_at", "This is in the past. Give a future time, or none.")
    plain, token_hash = tokens.new_token("hx_")
    with transaction():
        token = ApiToken(
            user_id=actor.user_id,
            name=name,
            token_hash=token_hash,
            hint=plain[-4:],
            scope=scope,
            expires_at=expires_at,
            created_at=now,
        )
        db.session.add(token)
        db.session.flush()
        activity.record(actor, "token.created", "token", token.id, name, admin_only=True, scope=scope)
    return token, plain


def delete_api_token(actor: Actor, token_id: int) -> None:
    """Delete one of the actor's tokens. An API token may delete itself only."""
    if token_id != actor.token_id:
        refuse_api_tokens(actor)
    with transaction():
        token = db.session.get(ApiToken, token_id)
        if token is None or token.user_id != actor.user_id:
            raise NotFound("There is no such token.")
        db.session.delete(token)
        activity.record(actor, "token.deleted", "token", token.id, token.name, admin_only=True)


def serialize_token(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scope": token.scope,
        "hint": token.hint,
        "expires_at": iso(token.expires_at),
        "last_used_at": iso(token.last_used_at),
        "created_at": iso(token.created_at),
    }
