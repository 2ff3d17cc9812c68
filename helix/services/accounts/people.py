from typing import Any

from sqlalchemy import func, select

from helix import clock
from helix.clock import iso
from helix.crypto import passwords
from helix.errors import Conflict, Forbidden, NotFound
from helix.extensions import db
from helix.models import User
from helix.models.vocabulary import Role
from helix.policies.actor import Actor
from helix.services import activity, names
from helix.transaction import transaction


def me(actor: Actor) -> User:
    user = db.session.get(User, actor.user_id) if actor.user_id is not None else None
    if user is None:
        raise NotFound
    return user


def create(actor: Actor, *, name: str, email: str, password: str | None, role: Role = Role.MEMBER) -> User:
    """A new account. Without a password it waits for an invitation to be followed."""
    if not actor.is_admin:
        raise Forbidden("Only admins add people.")
    with transaction():
        email_key = email.strip().lower()
        if db.session.scalar(select(func.count()).where(User.email_key == email_key)):
            raise Conflict(f"There is already an account for {email.strip()}.")
        now = clock.now()
        user = User(
            name=name,
            email=email.strip(),
            email_key=email_key,
            password_hash=passwords.hash_password(password) if password else None,
            role=role,
            created_at=now,
            updated_at=now,
        )
        db.session.add(user)
        db.session.flush()
        user.name = names.claim(name, user_id=user.id)
        activity.record(actor, "user.created", "user", user.id, user.name, admin_only=True, role=role)
    return user


def shown(user: User) -> dict[str, Any]:
    """The `user` of the contract."""
    return {
        "id": user.id,
        "name": user.shown_name,
        "email": user.email,
        "role": user.role,
        "is_active": user.is_active,
        "avatar_url": user.avatar_url,
        "telegram_notifications": user.telegram_notifications,
        "telegram_user_id": user.telegram_user_id,
        "timezone": user.timezone,
        "created_at": iso(user.created_at),
    }
