"""Managing accounts: created, edited and closed by admins."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, update

from helix import clock, live
from helix.clock import iso
from helix.db.transaction import AfterCommit, transaction
from helix.errors import Conflict, Forbidden
from helix.extensions import db
from helix.models import AgentWatch, ApiToken, BoardGrant, Identity, Task, TaskWatch, User
from helix.models.vocabulary import Role
from helix.policies.actor import Actor
from helix.policies.moves import SETTLED
from helix.services import activity, names
from helix.services.access import refuse_api_tokens
from helix.services.accounts import links, lookup
from helix.services.accounts.passwords import email_key, hash_new_password
from helix.services.accounts.sessions import revoke_access
from helix.services.conflicts import conflict_on_duplicate


def create(actor: Actor, *, name: str, email: str, password: str | None, role: Role = Role.MEMBER) -> User:
    """Create an account. Without a password, the user needs an invitation. Raises Forbidden for API tokens."""
    lookup.require_admin(actor)
    refuse_api_tokens(actor)
    password_hash = hash_new_password(password, about=(email, name)) if password else None
    with transaction():
        now = clock.now()
        user = User(name=name, password_hash=password_hash, role=role, created_at=now, updated_at=now)
        _set_email(user, email)
        user.name = names.claim(name, user_id=user.id)
        activity.record(actor, "user.created", "user", user.id, user.name, admin_only=True, role=role)
    return user


def edit(actor: Actor, user_id: int, sent: Mapping[str, Any]) -> User:
    """Change `name`, `email`, `role`, `is_active` or `password` of a user.

    Raises Conflict when no admin who can sign in would be left, or when the name or address is taken; Forbidden for
    the actor's own password, and for an API token when the change gives somebody access.
    """
    lookup.require_admin(actor)
    password_hash = _new_password(actor, user_id, sent) if "password" in sent else None
    with transaction() as after_commit:
        admins = lookup.admins_who_can_sign_in()
        user = lookup.get_for_update(actor, user_id)
        changed = [
            name for name in ("name", "email", "role", "is_active") if name in sent and _differs(user, name, sent)
        ]
        if user_id in admins and (sent.get("role", user.role) != Role.ADMIN or not sent.get("is_active", True)):
            _require_other_admin(admins - {user_id}, "Make somebody else an admin first: this is the last one.")
        if any(_gives_access(field, sent[field]) for field in changed):
            refuse_api_tokens(actor)
        if "name" in changed:
            user.name = names.claim(sent["name"], user_id=user.id)
        if "email" in changed:
            _set_email(user, sent["email"])
            links.revoke(user)
            # Another address may be another person at the provider: the next sign-in has to link it again.
            db.session.execute(delete(Identity).where(Identity.user_id == user.id))
        if "role" in changed:
            user.role = sent["role"]
        if "is_active" in changed:
            user.is_active = sent["is_active"]
            revoke_access(user)
            links.revoke(user)
        if password_hash:
            user.password_hash = password_hash
            revoke_access(user)
            links.revoke(user)
            changed.append("password")
        if changed:
            user.updated_at = clock.now()
            activity.record(actor, "user.updated", "user", user.id, user.name, admin_only=True, fields=changed)
            after_commit(live.publish, "user", user.id)
    return user


def close(actor: Actor, user_id: int) -> None:
    """Close an account for good. Its history keeps its name; the name and e-mail address become available again."""
    lookup.require_admin(actor)
    with transaction() as after_commit:
        admins = lookup.admins_who_can_sign_in()
        user = lookup.get_for_update(actor, user_id)
        if user.id == actor.user_id:
            raise Conflict("You cannot close your own account. Ask another admin to do it.")
        if user.id in admins:
            _require_other_admin(admins - {user.id}, "Make somebody else an admin first: this is the last one.")
        now = clock.now()
        user.is_active, user.closed_at, user.updated_at = False, now, now
        user.email_key = user.password_hash = user.telegram_user_id = None
        user.telegram_notifications = False
        revoke_access(user)
        links.revoke(user)
        names.release(user_id=user.id)
        for table in (ApiToken, BoardGrant, TaskWatch, AgentWatch):
            db.session.execute(delete(table).where(table.user_id == user.id))
        _unassign_open_tasks(user.id, after_commit)
        activity.record(actor, "user.deleted", "user", user.id, user.name, admin_only=True)
        after_commit(live.publish, "user", user.id)


def _unassign_open_tasks(user_id: int, after_commit: AfterCommit) -> None:
    """Settled tasks keep the person, as a part of their history."""
    theirs = update(Task).where(Task.assigned_user_id == user_id, Task.status.not_in(SETTLED))
    freed = theirs.values(assigned_user_id=None, version=Task.version + 1).returning(Task.id, Task.board_id)
    for row in db.session.execute(freed.execution_options(synchronize_session=False)).all():
        after_commit(live.publish, "task", row.id, board_id=row.board_id)


def _differs(user: User, name: str, sent: Mapping[str, Any]) -> bool:
    """Whether the value sent for `name` differs from the stored one."""
    return getattr(user, name) != sent[name]


def _gives_access(field: str, value: Any) -> bool:
    """Whether the change gives somebody access, or more rights, than before."""
    return field == "email" or (field == "role" and value == Role.ADMIN) or (field == "is_active" and bool(value))


def _new_password(actor: Actor, user_id: int, sent: Mapping[str, Any]) -> str:
    refuse_api_tokens(actor)
    if user_id == actor.user_id:
        raise Forbidden("Change your own password on your profile, where you confirm the current one.")
    user = lookup.get(actor, user_id)
    about = (sent.get("email", user.email), sent.get("name", user.name))
    return hash_new_password(sent["password"], about=about)


def _set_email(user: User, email: str) -> None:
    user.email = email.strip()
    user.email_key = email_key(email)
    with conflict_on_duplicate(f"There is already an account for {email.strip()}."):
        db.session.add(user)


def _require_other_admin(others: set[int], message: str) -> None:
    if not others:
        raise Conflict(message)


def serialize(user: User) -> dict[str, Any]:
    """The API representation of a user."""
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
