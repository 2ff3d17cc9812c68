"""One-time links: an invitation to choose a first password, or a link to reset a forgotten one.

Only the hash of a link's token is stored. A link works once and expires; a newer link, a new password or a new e-mail
address revokes it. It can be used for `redeem` only.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, delete, select, update

from helix import clock, live
from helix.crypto import tokens
from helix.db.transaction import end_reading, transaction
from helix.errors import Conflict, Invalid, Unavailable
from helix.extensions import db
from helix.mail import Mailer
from helix.models import OneTimeToken, User
from helix.policies.actor import Actor
from helix.services import activity, settings
from helix.services.access import refuse_api_tokens
from helix.services.accounts import lookup, throttle
from helix.services.accounts.passwords import hash_new_password
from helix.services.accounts.sessions import revoke_access

log = logging.getLogger(__name__)

INVITATION = "invitation"
RESET = "password_reset"
LIFETIMES = {INVITATION: timedelta(days=7), RESET: timedelta(hours=2)}
# The page that the link opens.
PATHS = {INVITATION: "/invitation/", RESET: "/reset-password/"}
LINK_INVALID = "This link has expired, was already used, or was replaced by a newer one. Ask an admin for another."


@dataclass(frozen=True, slots=True)
class Link:
    """`url` is available only now. `mailed`: whether a mail server accepted it."""

    url: str
    expires_at: datetime
    mailed: bool


def invite(actor: Actor, user_id: int) -> Link:
    """Create a link to choose a first password. Raises Conflict when there is a password, Forbidden for API tokens."""
    lookup.require_admin(actor)
    refuse_api_tokens(actor)
    with transaction():
        user = lookup.get_for_update(actor, user_id)
        if user.password_hash:
            raise Conflict(f"{user.name} already has a password. Create a reset link instead.")
        token, expires_at = _create_token(user, INVITATION)
        activity.record(actor, "user.invited", "user", user.id, user.name, admin_only=True)
    return _deliver(user, INVITATION, token, expires_at)


def reset_link(actor: Actor, user_id: int) -> Link:
    """Create a link to choose a new password. The present password works until the link is used."""
    lookup.require_admin(actor)
    refuse_api_tokens(actor)
    with transaction():
        user = lookup.get_for_update(actor, user_id)
        if not user.password_hash:
            raise Conflict(f"{user.name} has no password yet. Create an invitation instead.")
        token, expires_at = _create_token(user, RESET)
        activity.record(actor, "user.reset_link_made", "user", user.id, user.name, admin_only=True)
    return _deliver(user, RESET, token, expires_at)


def user_of_link(token: str) -> User:
    """The user of a link, for the page that asks for the password. Raises Invalid when the link is not valid."""
    user = db.session.scalar(
        select(User).join(OneTimeToken, OneTimeToken.user_id == User.id).where(_is_valid(token), User.is_active)
    )
    if user is None:
        raise Invalid.field("token", LINK_INVALID)
    return user


def redeem(token: str, password: str, *, address: str = "") -> User:
    """Set the password of the link's user, and end all of the user's sessions and access tokens.

    Raises Invalid for a link that is not valid, TooManyRequests after too many attempts.
    """
    throttle.count_attempt(address=address)
    user = user_of_link(token)
    about = (user.email, user.name)
    end_reading()
    password_hash = hash_new_password(password, about=about)
    with transaction() as after_commit:
        spent = update(OneTimeToken).where(_is_valid(token)).values(used_at=clock.now()).returning(OneTimeToken.user_id)
        if db.session.scalar(spent) is None:
            raise Invalid.field("token", LINK_INVALID)
        actor = Actor(id=user.id, name=user.name)
        user = lookup.own(actor)
        if not user.is_active:
            raise Invalid.field("token", LINK_INVALID)
        user.password_hash = password_hash
        user.updated_at = clock.now()
        revoke_access(user)
        activity.record(actor, "user.updated", "user", user.id, user.name, admin_only=True, fields=["password"])
        after_commit(live.publish, "user", user.id)
    throttle.clear_attempts(address=address)
    return user


def revoke(user: User) -> None:
    """Revoke the user's unused links, inside a transaction."""
    still_open = (
        (OneTimeToken.user_id == user.id) & OneTimeToken.purpose.in_(LIFETIMES) & OneTimeToken.used_at.is_(None)
    )
    db.session.execute(delete(OneTimeToken).where(still_open))


def _is_valid(token: str) -> ColumnElement[bool]:
    return (
        (OneTimeToken.token_hash == tokens.hash_token(token))
        & OneTimeToken.purpose.in_(LIFETIMES)
        & OneTimeToken.used_at.is_(None)
        & (OneTimeToken.expires_at > clock.now())
    )


def _create_token(user: User, purpose: str) -> tuple[str, datetime]:
    if not user.is_active:
        raise Conflict(f"{user.name}'s account is deactivated. Activate it first.")
    revoke(user)
    token, token_hash = tokens.new_token("hl_")
    now = clock.now()
    expires_at = now + LIFETIMES[purpose]
    db.session.add(
        OneTimeToken(purpose=purpose, user_id=user.id, token_hash=token_hash, expires_at=expires_at, created_at=now)
    )
    return token, expires_at


def _deliver(user: User, purpose: str, token: str, expires_at: datetime) -> Link:
    url = settings.base_url() + PATHS[purpose] + token
    subject, text = _mail_text(user.name, settings.organization().name, purpose, url)
    user_id, email = user.id, user.email
    end_reading()
    return Link(url, expires_at, _send_mail(user_id, email, subject, text))


def _mail_text(name: str, organization: str, purpose: str, url: str) -> tuple[str, str]:
    if purpose == INVITATION:
        subject = f"Your invitation to {organization}"
        why, until = (
            f"you are invited to {organization} on HELIX Mission Control.",
            "The link works once and expires in 7 days.",
        )
    else:
        subject = f"A new password for {organization}"
        why, until = (
            f"here you can choose a new password for {organization}.",
            "The link works once and expires in 2 hours.",
        )
    return subject, f"Hello {name},\n\n{why}\nOpen this link and choose a password:\n\n{url}\n\n{until}\n"


def _send_mail(user_id: int, email: str, subject: str, text: str) -> bool:
    """Send at once, not through a queue: the link must not be stored anywhere, and the sender learns the outcome."""
    try:
        mailer = Mailer(current_app.config["HELIX"].smtp_url)
        if not mailer.configured:
            return False
        mailer.send(email, subject, text)
    except (Unavailable, ValueError) as error:
        log.warning("The link for user %s could not be mailed: %s", user_id, error)
        return False
    return True
