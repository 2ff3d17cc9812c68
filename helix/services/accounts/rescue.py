"""The way in for whoever runs the server, when no admin can sign in any more."""

from sqlalchemy import select

from helix.extensions import db
from helix.models import User
from helix.models.vocabulary import Role
from helix.policies.actor import SYSTEM
from helix.services.accounts import people
from helix.services.accounts.sign_in import email_key
from helix.transaction import transaction


def ensure_admin(*, email: str, name: str, password: str) -> bool:
    """Have an active admin with this address and password. True when the account was made now.

    One that is there is made an admin and opened again; its sessions, tokens and links end with the old password.
    """
    with transaction():
        user_id = db.session.scalar(select(User.id).where(User.email_key == email_key(email)))
        if user_id is None:
            people.create(SYSTEM, name=name, email=email, password=password, role=Role.ADMIN)
            return True
        people.edit(SYSTEM, user_id, {"role": Role.ADMIN, "is_active": True, "password": password})
        return False
