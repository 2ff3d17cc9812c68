"""Browser sessions: created by signing in, listed and revoked by their owner, deleted once expired."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update

from helix import clock, live
from helix.clock import iso
from helix.crypto import tokens
from helix.db.transaction import transaction
from helix.errors import NotFound
from helix.extensions import db
from helix.models import BrowserSession, OneTimeToken, User
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.access import refuse_api_tokens
from helix.services.accounts.actors import SESSION_LIFETIME
from helix.services.accounts.lookup import own

# Expired links stay this long, so that support can see why a link did not work.
LINK_RETENTION = timedelta(days=30)


def create_session(user: User, *, user_agent: str, address: str) -> str:
    """Create a browser session. Returns its secret, for the cookie; only the hash is stored."""
    secret, secret_hash = tokens.new_token("hs_")
    now = clock.now()
    with transaction():
        db.session.execute(delete(BrowserSession).where(BrowserSession.seen_at < now - SESSION_LIFETIME))
        db.session.add(
            BrowserSession(
                secret_hash=secret_hash,
                user_id=user.id,
                user_agent=user_agent[:300],
                address=address[:64],
                created_at=now,
                seen_at=now,
            )
        )
    return secret


def end_session(secret: str) -> None:
    with transaction():
        db.session.execute(delete(BrowserSession).where(BrowserSession.secret_hash == tokens.hash_token(secret)))


def sessions(actor: Actor) -> list[BrowserSession]:
    """The actor's sessions, most recently used first. Raises Forbidden for API tokens: sessions reveal locations."""
    refuse_api_tokens(actor)
    query = select(BrowserSession).where(BrowserSession.user_id == actor.user_id)
    return list(db.session.scalars(query.order_by(BrowserSession.seen_at.desc(), BrowserSession.id.desc())))


def revoke_session(actor: Actor, session_id: int) -> None:
    """Revoke one of the actor's sessions."""
    refuse_api_tokens(actor)
    with transaction():
        own_session = (BrowserSession.id == session_id) & (BrowserSession.user_id == actor.user_id)
        if db.session.scalar(delete(BrowserSession).where(own_session).returning(BrowserSession.id)) is None:
            raise NotFound("There is no such session.")


def sign_out_everywhere(actor: Actor) -> User:
    """Revoke all of the actor's access tokens and browser sessions, including the present one."""
    refuse_api_tokens(actor)
    with transaction() as after_commit:
        user = own(actor)
        revoke_access(user)
        activity.record(actor, "user.updated", "user", user.id, user.name, admin_only=True, fields=["sessions"])
        after_commit(live.publish, "user", user.id)
    return user


def revoke_access(user: User, *, keep_session: int | None = None) -> None:
    """Revoke the user's access tokens and browser sessions except `keep_session`, inside a transaction."""
    user.token_version += 1
    query = delete(BrowserSession).where(BrowserSession.user_id == user.id)
    if keep_session is not None:
        query = query.where(BrowserSession.id != keep_session)
    db.session.execute(query)


def serialize_session(actor: Actor, session: BrowserSession) -> dict[str, Any]:
    return {
        "id": session.id,
        "user_agent": session.user_agent,
        "address": session.address,
        "created_at": iso(session.created_at),
        "seen_at": iso(session.seen_at),
        "current": session.id == actor.session_id,
    }


def record_session_use(session_id: int) -> None:
    """Store when a browser session was last used, so that idle ones expire."""
    with transaction():
        db.session.execute(update(BrowserSession).where(BrowserSession.id == session_id).values(seen_at=clock.now()))


def delete_expired() -> int:
    """Delete expired sessions and old one-time links. Returns the number of rows deleted."""
    now = clock.now()
    with transaction():
        sessions = delete(BrowserSession).where(BrowserSession.seen_at < now - SESSION_LIFETIME)
        links = delete(OneTimeToken).where(OneTimeToken.expires_at < now - LINK_RETENTION)
        deleted = [
            db.session.scalars(query).all()
            for query in (sessions.returning(BrowserSession.id), links.returning(OneTimeToken.id))
        ]
    return sum(len(ids) for ids in deleted)
