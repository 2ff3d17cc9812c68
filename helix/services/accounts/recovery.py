"""The way in for whoever runs the server, when no admin can sign in any more."""

from sqlalchemy import select

from helix.extensions import db
from helix.models import User
from helix.models.vocabulary import Role
from helix.policies.actor import SYSTEM
from helix.services import names
from helix.services.accounts import people
from helix.services.accounts.sign_in import email_key
from helix.transaction import transaction


def ensure_admin(*, email: str, name: str | None = None, password: str) -> str | None:
    """Have an active admin with this address and password. The account's name when it was made now, else None.

    One that is there is made an admin and opened again; its sessions, tokens and links end with the old password.
    Without a `name` a new account is called after its address, with a number where somebody has that name: this is
    the way in when there is no other, and must not fail because an agent is called so. Conflict for a taken `name`.
    """
    with transaction():
        user_id = db.session.scalar(select(User.id).where(User.email_key == email_key(email)))
        if user_id is None:
            called = name or names.first_free(email.partition("@")[0])
            return people.create(SYSTEM, name=called, email=email, password=password, role=Role.ADMIN).name
        people.edit(SYSTEM, user_id, {"role": Role.ADMIN, "is_active": True, "password": password})
        return None
