"""Passwords: the rules for new ones, hashing, and signing in with one."""

import threading
from collections.abc import Sequence

from sqlalchemy import select, update

from helix.crypto import guessing, passwords
from helix.db.transaction import end_reading, transaction
from helix.errors import Invalid, NotSignedIn
from helix.extensions import db
from helix.models import User
from helix.policies.actor import SYSTEM, Actor
from helix.services import activity, settings
from helix.services.accounts import throttle

MAX_PASSWORD_LENGTH = passwords.LONGEST
MAX_CONCURRENT_HASHES = 4
_slots = threading.BoundedSemaphore(MAX_CONCURRENT_HASHES)
WRONG_CREDENTIALS = "The e-mail address or the password is wrong."


def hash_new_password(password: str, *, about: Sequence[str], field: str = "password") -> str:
    """Check and hash a new password. `about` holds its owner's e-mail address and name.

    Raises Invalid on `field` when it is too short by the organization's rule, too long, or easy to guess.
    """
    shortest = settings.organization().password_min_length
    if len(password) < shortest:
        raise Invalid.field(field, f"A password has at least {shortest} characters.", "string_too_short")
    if len(password) > MAX_PASSWORD_LENGTH:
        raise Invalid.field(field, f"A password has at most {MAX_PASSWORD_LENGTH:,} characters.", "string_too_long")
    with _slots:
        soon_guessed = guessing.is_soon_guessed(password, [*about, settings.organization().name])
    if soon_guessed:
        raise Invalid.field(field, "This password is too easy to guess. Choose another one.")
    return hash_password(password)


def hash_password(password: str) -> str:
    """Hash a password that is already in use, without checking it against the rules."""
    with _slots:
        return passwords.hash_password(password)


def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether the password matches. Takes the same time without a hash. Invalid Unicode text never matches."""
    try:
        password.encode()
    except UnicodeEncodeError:
        password, password_hash = "", None
    with _slots:
        return passwords.verify(password_hash, password)


def email_key(email: str) -> str:
    """The normalized e-mail address: addresses are unique by it."""
    return email.strip().lower()


def sign_in(email: str, password: str, *, address: str = "", browser: str | None = None) -> User:
    """Sign a user in. Raises NotSignedIn with the same message, after the same time, for a wrong address or password.

    Raises TooManyRequests after too many attempts for the account or from the IP `address`. `browser` is the id of a
    browser in which this account has signed in before.
    """
    key = email_key(email)
    throttle.count_attempt(account=key, address=address, browser=browser)
    user = _active_user(key)
    stored = user.password_hash if user else None
    # Hashing is slow on purpose: do not hold a database connection meanwhile.
    end_reading()
    fits = password_matches(stored, password)
    renewed = hash_password(password) if fits and passwords.needs_rehash(stored) else None
    with transaction():
        if not user or not fits:
            title = user.name if user else "unknown address"
            user_id = user.id if user else None
            activity.record(SYSTEM, "user.sign_in_failed", "user", user_id, title, admin_only=True, address=address)
        else:
            actor = Actor(id=user.id, name=user.name)
            activity.record(actor, "user.signed_in", "user", user.id, user.name, admin_only=True, address=address)
            if renewed:
                # Replace only the hash that was checked: the password may have changed meanwhile.
                same = (User.id == user.id) & (User.password_hash == stored)
                db.session.execute(update(User).where(same).values(password_hash=renewed))
    if not user or not fits:
        raise NotSignedIn(WRONG_CREDENTIALS)
    throttle.clear_attempts(account=key, address=address, browser=browser)
    return user


def _active_user(key: str) -> User | None:
    """None also for text that the database cannot store."""
    if not key.isprintable():
        return None
    return db.session.scalar(select(User).where(User.email_key == key, User.is_active))
