"""Test users. All have the password `correct horse battery`."""

from functools import cache, cached_property

from helix.crypto import passwords
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import User
from helix.models.vocabulary import Role
from helix.policies.actor import SYSTEM, Actor
from helix.services import accounts

PASSWORD = "correct horse battery"


class People:
    """Created on first use, then the same for the whole test."""

    @cached_property
    def ada(self) -> User:
        return self._join("Ada", Role.ADMIN)

    @cached_property
    def mia(self) -> User:
        return self._join("Mia")

    @cached_property
    def noah(self) -> User:
        return self._join("Noah")

    @cached_property
    def zoe(self) -> User:
        zoe = self._join("Zoe")
        with transaction():
            db.session.get_one(User, zoe.id).is_active = False
        return zoe

    def _join(self, name: str, role: Role = Role.MEMBER) -> User:
        with transaction():
            user = accounts.create(SYSTEM, name=name, email=f"{name.lower()}@example.com", password=None, role=role)
            user.password_hash = _password_hash()
        return user


@cache
def _password_hash() -> str:
    """Made once: checking how soon a password is guessed takes longer than making its user."""
    return passwords.hash_password(PASSWORD)


def as_actor(user: User) -> Actor:
    """The user's current actor."""
    actor = accounts.actor_by_id(user.id)
    assert actor is not None
    return actor
