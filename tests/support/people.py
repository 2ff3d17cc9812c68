"""The people in our tests. Each has the password `correct horse battery`."""

from functools import cached_property

from helix.extensions import db
from helix.models import User
from helix.models.vocabulary import Role
from helix.policies.actor import SYSTEM, Actor
from helix.services import accounts
from helix.transaction import transaction

PASSWORD = "correct horse battery"


class People:
    """Made when they are first named, and then the same for the whole test."""

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
        return accounts.create(SYSTEM, name=name, email=f"{name.lower()}@example.com", password=PASSWORD, role=role)


def acting(user: User) -> Actor:
    """The actor that this person is right now."""
    actor = accounts.actor_by_id(user.id)
    assert actor is not None
    return actor
