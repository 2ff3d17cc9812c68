from datetime import timedelta

from sqlalchemy import delete, select

from helix import clock
from helix.crypto import passwords, tokens
from helix.errors import NotSignedIn
from helix.extensions import db
from helix.models import BrowserSession, User
from helix.policies.actor import SYSTEM, Actor
from helix.services import activity
from helix.transaction import end_reading, transaction

WRONG = "The e-mail address or the password is wrong."
SESSION_LIFE = timedelta(days=30)


def sign_in(email: str, password: str, *, address: str = "") -> User:
    """The person, or NotSignedIn: with the same words and in the same time for either mistake."""
    user = db.session.scalar(select(User).where(User.email_key == email.strip().lower(), User.is_active))
    # Hashing takes a while on purpose; nothing stays open meanwhile.
    end_reading()
    fits = passwords.verify(user.password_hash if user else None, password)
    with transaction():
        if not user or not fits:
            title = user.name if user else "unknown address"
            who = user.id if user else None
            activity.record(SYSTEM, "user.sign_in_failed", "user", who, title, admin_only=True, address=address)
        else:
            actor = Actor(id=user.id, name=user.name)
            activity.record(actor, "user.signed_in", "user", user.id, user.name, admin_only=True, address=address)
            if passwords.needs_rehash(user.password_hash):
                user.password_hash = passwords.hash_password(password)
    if not user or not fits:
        raise NotSignedIn(WRONG)
    return user


def open_session(user: User, *, user_agent: str, address: str) -> str:
    """Start a browser session. Returns its secret, which the cookie carries; only the hash is kept."""
    secret, secret_hash = tokens.new_token("hs_")
    now = clock.now()
    with transaction():
        db.session.execute(delete(BrowserSession).where(BrowserSession.seen_at < now - SESSION_LIFE))
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
