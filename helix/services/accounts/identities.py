"""Signing in through an OpenID Connect provider. A provider's account is linked once, by a verified e-mail address.

Only admins set the e-mail addresses of accounts, so an address that the provider has verified identifies its owner.
After linking, only the issuer and subject count, even when the address changes at the provider. When an admin changes
the address here, the link is removed. At each sign-in the provider's groups decide who may enter and who is an admin.
"""

import logging
from typing import Any

from flask import current_app
from sqlalchemy import func, select

from helix import clock, live
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, NotFound
from helix.extensions import db
from helix.models import Identity, User
from helix.models.vocabulary import Role
from helix.oidc import Who
from helix.policies.actor import SYSTEM, Actor
from helix.services import activity, names
from helix.services.accounts import lookup, people
from helix.services.accounts.passwords import email_key
from helix.services.accounts.setup import is_setup_open
from helix.services.conflicts import conflict_on_duplicate
from helix.settings.oidc import OidcSettings

log = logging.getLogger(__name__)

ACCOUNT_CLOSED = "Your account here is closed. Ask an admin."
UNVERIFIED = "The sign-in service has not verified your e-mail address, so your account cannot be identified."
NO_ADDRESS = "The sign-in service sent no e-mail address (`email`), so your account cannot be identified. Ask an admin."
BAD_ADDRESS = "The sign-in service sent an e-mail address that cannot be used here. Ask an admin."
MAX_EMAIL_LENGTH = 254


def oidc_settings() -> OidcSettings | None:
    """The configured OpenID Connect provider; None when there is none."""
    return current_app.config["HELIX"].oidc


def sign_in_with_oidc(who: Who, *, address: str = "") -> User:
    """Sign in the user that the provider identified; create or link the account. Raises Forbidden with the reason."""
    with transaction():
        require_allowed_group(oidc_settings(), who)
        try:
            user = _user_by_subject(who) or _link_by_address(who) or _create_user(who)
        except Conflict as error:
            raise Forbidden(error.message) from error
        apply_group_role(oidc_settings(), who, user)
        actor = Actor(id=user.id, name=user.name)
        activity.record(
            actor, "user.signed_in", "user", user.id, user.name, admin_only=True, address=address, issuer=who.issuer
        )
    return user


def record_refused_sign_in(reason: str, *, who: Who | None, claim: str | None, address: str) -> None:
    """Record a refused sign-in and its reason, in the log and in the admins' activity. `who` is None when unknown."""
    log.warning("A sign-in through another service was refused: %s", reason)
    details: dict[str, Any] = {"reason": reason, "address": address} | ({"claim": claim} if claim else {})
    with transaction():
        user = _linked_user(who) if who else None
        title = user.name if user else who.email if who and who.email.isprintable() else ""
        user_id = user.id if user else None
        activity.record(
            SYSTEM, "user.sign_in_failed", "user", user_id, title or "unknown person", admin_only=True, **details
        )


def _linked_user(who: Who) -> User | None:
    """The user linked to this identity."""
    linked = select(User).join(Identity, Identity.user_id == User.id)
    return db.session.scalar(linked.where(Identity.issuer == who.issuer, Identity.subject == who.subject))


def identities(actor: Actor) -> list[Identity]:
    """The provider accounts linked to the actor."""
    return list(db.session.scalars(select(Identity).where(Identity.user_id == actor.user_id).order_by(Identity.id)))


def unlink(actor: Actor, identity_id: int) -> None:
    """Remove a linked provider account. Raises Conflict when it is the actor's only way to sign in."""
    with transaction() as after_commit:
        user = lookup.own(actor)
        identity = db.session.get(Identity, identity_id)
        if identity is None or identity.user_id != user.id:
            raise NotFound("There is no such sign-in.")
        if not user.password_hash:
            raise Conflict("You have no password, so this is your only way to sign in. Ask an admin for a reset link.")
        db.session.delete(identity)
        activity.record(actor, "user.updated", "user", user.id, user.name, admin_only=True, fields=["identity"])
        after_commit(live.publish, "user", user.id)


def _user_by_subject(who: Who) -> User | None:
    """The user linked to this subject. When that account is closed, the link moves to a new account of the address."""
    identity = db.session.scalar(
        select(Identity).where(Identity.issuer == who.issuer, Identity.subject == who.subject).with_for_update()
    )
    if identity is None:
        return None
    user = db.session.get_one(User, identity.user_id)
    if user.closed_at is not None:
        replacement = _user_by_address(who)
        if replacement is None:
            raise Forbidden(ACCOUNT_CLOSED)
        identity.user_id, user = replacement.id, replacement
    if not user.is_active:
        raise Forbidden(ACCOUNT_CLOSED)
    _refuse_other_domains(who)
    identity.used_at = clock.now()
    return user


def _link_by_address(who: Who) -> User | None:
    user = _user_by_address(who)
    if user is None:
        return None
    if not user.is_active:
        raise Forbidden(ACCOUNT_CLOSED)
    another = select(Identity.id).where(Identity.user_id == user.id, Identity.issuer == who.issuer)
    if db.session.scalar(another.limit(1)) is not None:
        raise Forbidden("Another account of the sign-in service is linked to this address. Ask an admin.")
    _link(who, user)
    return user


def _create_user(who: Who) -> User:
    """Create a member where the settings allow it. The address of a closed account is refused."""
    provider = oidc_settings()
    key = email_key(who.email)
    closed = select(User.id).where(func.lower(User.email) == key, User.closed_at.is_not(None))
    if db.session.scalar(closed.limit(1)) is not None:
        raise Forbidden(ACCOUNT_CLOSED)
    if is_setup_open():
        raise Forbidden("This installation has no accounts yet. Finish the set-up first.")
    if provider is None or not provider.auto_create:
        raise Forbidden(f"There is no account for {who.email} here. Ask an admin for one.")
    user = people.create(
        SYSTEM,
        name=names.first_free(who.name, who.email.partition("@")[0]),
        email=who.email,
        password=None,
        role=Role.MEMBER,
    )
    _link(who, user)
    return user


def _user_by_address(who: Who) -> User | None:
    """The user of the address, also an inactive one. Raises Forbidden for a missing, unverified or refused address."""
    if not who.email:
        raise Forbidden(NO_ADDRESS)
    if not who.email_verified:
        raise Forbidden(UNVERIFIED)
    if "@" not in who.email or len(who.email) > MAX_EMAIL_LENGTH or not who.email.isprintable():
        raise Forbidden(BAD_ADDRESS)
    _refuse_other_domains(who)
    return db.session.scalar(select(User).where(User.email_key == email_key(who.email)))


def _refuse_other_domains(who: Who) -> None:
    provider = oidc_settings()
    if provider and provider.allowed_domains and who.email.lower().rpartition("@")[2] not in provider.allowed_domains:
        raise Forbidden("Only addresses of certain domains may sign in here. Ask an admin.")


def _link(who: Who, user: User) -> None:
    now = clock.now()
    with conflict_on_duplicate("This account is being linked in another window right now. Try again."):
        db.session.add(Identity(user_id=user.id, issuer=who.issuer, subject=who.subject, created_at=now, used_at=now))
    activity.record(SYSTEM, "user.updated", "user", user.id, user.name, admin_only=True, fields=["identity"])


def require_allowed_group(provider: OidcSettings | None, who: Who) -> None:
    """Raises Forbidden when the user is in none of the allowed groups or admin groups."""
    if provider is None or not provider.allowed_groups:
        return
    if who.groups is None:
        raise Forbidden(
            f"The sign-in service did not say which groups you are in (`{provider.groups_claim}`). Ask an admin."
        )
    if not who.groups.intersection(provider.allowed_groups + provider.admin_groups):
        raise Forbidden(f"Only members of certain groups may sign in here (`{provider.groups_claim}`). Ask an admin.")


def apply_group_role(provider: OidcSettings | None, who: Who, user: User) -> None:
    """Set the role from the groups, inside a transaction. The last admin who can sign in stays an admin."""
    if provider is None or not provider.admin_groups:
        return
    role = Role.ADMIN if (who.groups or frozenset()).intersection(provider.admin_groups) else Role.MEMBER
    if user.role == role:
        return
    if role == Role.MEMBER and not lookup.admins_who_can_sign_in() - {user.id}:
        log.warning(
            "User %d stays an admin although the provider sent none of OIDC_ADMIN_GROUPS: there is no other admin with "
            "a password.",
            user.id,
        )
        return
    people.edit(SYSTEM, user.id, {"role": role})
