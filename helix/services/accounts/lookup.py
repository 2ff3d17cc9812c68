"""Reading accounts. The functions for writing lock the row until the transaction ends."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, union_all

from helix.db.locking import lock
from helix.errors import Forbidden, NotFound
from helix.extensions import db
from helix.models import ApiToken, BrowserSession, User
from helix.models.vocabulary import Role
from helix.policies import administration
from helix.policies.actor import Actor


def me(actor: Actor) -> User:
    user = db.session.get(User, actor.user_id) if actor.user_id is not None else None
    if user is None:
        raise NotFound
    return user


def shown_user(user_id: int) -> User | None:
    """An account whose name the caller may show, closed or not: names of people are no secret to members."""
    return db.session.get(User, user_id)


def own(actor: Actor) -> User:
    """The actor's own account, for writing."""
    user = lock(User, actor.user_id) if actor.user_id is not None else None
    if user is None:
        raise NotFound
    return user


def list_users(actor: Actor, *, limit: int, offset: int, role: Role | None = None) -> list[User]:
    """Accounts that are not closed, ordered by name; with `role` those alone. For admins."""
    require_admin(actor)
    query = select(User).where(*_of_role(role)).order_by(User.name, User.id)
    return list(db.session.scalars(query.limit(limit).offset(offset)))


def count(actor: Actor, *, role: Role | None = None) -> int:
    require_admin(actor)
    return db.session.scalar(select(func.count(User.id)).where(*_of_role(role))) or 0


def _of_role(role: Role | None) -> list[ColumnElement[bool]]:
    return [User.closed_at.is_(None), *([] if role is None else [User.role == role])]


def get(actor: Actor, user_id: int) -> User:
    """An account that is not closed. Raises Forbidden for members, NotFound for others."""
    require_admin(actor)
    user = db.session.get(User, user_id)
    if user is None or user.closed_at:
        raise NotFound("There is no such user, or the account is closed.")
    return user


def get_for_update(actor: Actor, user_id: int) -> User:
    require_admin(actor)
    user = lock(User, user_id)
    if user is None or user.closed_at:
        raise NotFound("There is no such user, or the account is closed.")
    return user


def admins_who_can_sign_in() -> set[int]:
    """The ids of active admins with a password. Locks their rows, so that two admins cannot demote each other."""
    query = select(User.id).where(User.role == Role.ADMIN, User.is_active, User.password_hash.is_not(None))
    return set(db.session.scalars(query.order_by(User.id).with_for_update()))


def require_admin(actor: Actor) -> None:
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can manage users.")


def last_seen(actor: Actor, user_ids: Collection[int]) -> dict[int, datetime]:
    """When each user was last seen, in a browser or by API token; users never seen are left out. For admins."""
    require_admin(actor)
    if not user_ids:
        return {}
    both = union_all(
        select(BrowserSession.user_id, BrowserSession.seen_at.label("at")),
        select(ApiToken.user_id, ApiToken.last_used_at).where(ApiToken.last_used_at.is_not(None)),
    ).subquery()
    query = select(both.c.user_id, func.max(both.c.at)).where(both.c.user_id.in_(user_ids)).group_by(both.c.user_id)
    return dict(db.session.execute(query).all())
