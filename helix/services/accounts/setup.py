"""The first administrator: by the setup key that the server prints, or from the command line."""

from datetime import timedelta

from sqlalchemy import ColumnElement, delete, exists, select, update

from helix import clock
from helix.crypto import tokens
from helix.db.transaction import transaction
from helix.errors import Conflict, Invalid
from helix.extensions import db
from helix.models import OneTimeToken, Organization, User
from helix.models.vocabulary import Role
from helix.policies.actor import SYSTEM
from helix.services import names, settings
from helix.services.accounts import people, throttle
from helix.services.accounts.passwords import email_key

SETUP = "setup"
KEY_LIFETIME = timedelta(days=30)
SETUP_DONE = "The set-up is already finished. Sign in, or ask an admin for an invitation."
WRONG_KEY = "This is not the key that the server printed at its last start. Look for “Setup key” in its output."


def create_setup_key() -> str:
    """Create a setup key and revoke the previous one. Only its hash is stored."""
    key, key_hash = tokens.new_token("setup-")
    now = clock.now()
    with transaction():
        db.session.execute(delete(OneTimeToken).where(OneTimeToken.purpose == SETUP))
        db.session.add(OneTimeToken(purpose=SETUP, token_hash=key_hash, expires_at=now + KEY_LIFETIME, created_at=now))
    return key


def is_setup_open() -> bool:
    """Whether there are no users yet."""
    return not db.session.scalar(select(exists().where(User.id.is_not(None))))


def set_up_organization(
    key: str, *, organization: str, timezone: str, name: str, email: str, password: str, address: str = ""
) -> User:
    """Name the organization and create its first admin, by the key that the server printed. Works once.

    Raises Invalid on `key` for a wrong key, Conflict when there is a user already, TooManyRequests after too many
    attempts.
    """
    throttle.count_attempt(address=address)
    if not is_setup_open():
        raise Conflict(SETUP_DONE)
    if db.session.scalar(select(OneTimeToken.id).where(_is_valid(key))) is None:
        raise Invalid.field("key", WRONG_KEY)
    with transaction():
        # Of two requests at once, the second waits here and then finds the key used.
        row = db.session.scalars(select(Organization).with_for_update()).one_or_none() or settings.organization()
        spent = update(OneTimeToken).where(_is_valid(key)).values(used_at=clock.now()).returning(OneTimeToken.id)
        if db.session.scalar(spent) is None or not is_setup_open():
            raise Conflict(SETUP_DONE)
        row.name, row.timezone = organization, timezone
        admin = people.create(SYSTEM, name=name, email=email, password=password, role=Role.ADMIN)
    throttle.clear_attempts(address=address)
    return admin


def _is_valid(key: str) -> ColumnElement[bool]:
    return (
        (OneTimeToken.token_hash == tokens.hash_token(key.strip()))
        & (OneTimeToken.purpose == SETUP)
        & OneTimeToken.used_at.is_(None)
        & (OneTimeToken.expires_at > clock.now())
    )


def ensure_admin(*, email: str, name: str | None = None, password: str) -> str | None:
    """Ensure an active admin with this e-mail address and password. Returns the name of a new account, else None.

    An existing account becomes an active admin; its sessions, tokens and links end with the old password. Without
    `name`, a new account is named after its address, numbered when the name is taken: this is the last way to regain
    access, and must not fail because an agent has the name. Raises Conflict when a given `name` is taken.
    """
    with transaction():
        user_id = db.session.scalar(select(User.id).where(User.email_key == email_key(email)))
        if user_id is None:
            called = name or names.first_free(email.partition("@")[0])
            return people.create(SYSTEM, name=called, email=email, password=password, role=Role.ADMIN).name
        people.edit(SYSTEM, user_id, {"role": Role.ADMIN, "is_active": True, "password": password})
        return None
