from sqlalchemy import select, update

from helix.crypto import passwords
from helix.errors import NotSignedIn
from helix.extensions import db
from helix.models import User
from helix.policies.actor import SYSTEM, Actor
from helix.services import activity
from helix.services.accounts import hashing, throttle
from helix.transaction import end_reading, transaction

WRONG_CREDENTIALS = "The e-mail address or the password is wrong."


def email_key(email: str) -> str:
    """What addresses are compared by."""
    return email.strip().lower()


def sign_in(email: str, password: str, *, address: str = "", browser: str | None = None) -> User:
    """The person, or NotSignedIn: with the same words and in the same time for either mistake.

    Raises TooManyRequests after too many tries for the account, or from the `address` of the network. `browser` is the
    id of one in which this account has signed in before.
    """
    key = email_key(email)
    throttle.count_attempt(account=key, address=address, browser=browser)
    user = _user_at(key)
    stored = user.password_hash if user else None
    # Hashing takes a while on purpose; nothing stays open meanwhile.
    end_reading()
    fits = hashing.password_matches(stored, password)
    renewed = hashing.hash_password(password) if fits and passwords.needs_rehash(stored) else None
    with transaction():
        if not user or not fits:
            title = user.name if user else "unknown address"
            who = user.id if user else None
            activity.record(SYSTEM, "user.sign_in_failed", "user", who, title, admin_only=True, address=address)
        else:
            actor = Actor(id=user.id, name=user.name)
            activity.record(actor, "user.signed_in", "user", user.id, user.name, admin_only=True, address=address)
            if renewed:
                # Only in place of the one that was checked: the password may have changed meanwhile.
                same = (User.id == user.id) & (User.password_hash == stored)
                db.session.execute(update(User).where(same).values(password_hash=renewed))
    if not user or not fits:
        raise NotSignedIn(WRONG_CREDENTIALS)
    throttle.clear_attempts(account=key, address=address, browser=browser)
    return user


def _user_at(key: str) -> User | None:
    """None as well for what no database can hold."""
    if not key.isprintable():
        return None
    return db.session.scalar(select(User).where(User.email_key == key, User.is_active))
