"""Linking a person's account with their Telegram account by a one-time link, which proves that it is theirs."""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, select, update

from helix import clock
from helix.crypto import tokens
from helix.db.locking import lock_one
from helix.db.transaction import transaction
from helix.errors import Conflict
from helix.extensions import db
from helix.models import OneTimeToken, User
from helix.policies.actor import Actor
from helix.services import accounts, activity, settings
from helix.services.access import refuse_api_tokens
from helix.services.conflicts import conflict_on_duplicate
from helix.services.telegram import client

PURPOSE = "telegram_link"
LIFE = timedelta(minutes=30)
TAKEN = (
    "This Telegram account was linked with somebody else at this moment. If that is not what you want, open your "
    "link once more."
)


class NewLink(NamedTuple):
    url: str
    expires_at: datetime


def new_link(actor: Actor) -> NewLink:
    """A one-time link that opens the bot and links the account on Start. It invalidates the previous one."""
    refuse_api_tokens(actor)
    organization = settings.organization()
    if not client.is_enabled(organization):
        raise Conflict("Telegram is not switched on here. An admin does that in the settings.")
    if not organization.telegram_bot_username:
        raise Conflict("The name of the bot is not known yet. An admin has to test the bot in the settings.")
    username = organization.telegram_bot_username
    user = accounts.me(actor)
    code = tokens.new_token("")
    now = clock.now()
    with transaction():
        db.session.execute(delete(OneTimeToken).where(OneTimeToken.purpose == PURPOSE, OneTimeToken.user_id == user.id))
        db.session.add(
            OneTimeToken(purpose=PURPOSE, user_id=user.id, token_hash=code.hash, expires_at=now + LIFE, created_at=now)
        )
    return NewLink(f"https://t.me/{username}?start={code.plain}", now + LIFE)


def link_by_code(code: str, telegram_user_id: str) -> User | None:
    """Link the Telegram account. Returns the person; None for a code that is wrong, used or too old.

    Another person who had this account is unlinked. Raises Conflict, with the code still valid, when somebody else is
    linked with the account at the same moment.
    """
    with transaction():
        query = select(OneTimeToken).where(
            OneTimeToken.token_hash == tokens.hash_token(code), OneTimeToken.purpose == PURPOSE
        )
        token = db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
        if token is None or token.used_at is not None or token.expires_at <= clock.now() or token.user_id is None:
            return None
        actor = accounts.actor_by_id(token.user_id)
        if actor is None:
            return None
        with conflict_on_duplicate(TAKEN):
            token.used_at = clock.now()
            _take_from_others(telegram_user_id, token.user_id)
            user = lock_one(User, token.user_id)
            user.telegram_user_id = telegram_user_id
            user.telegram_notifications = True
            user.updated_at = clock.now()
        activity.record(actor, "user.updated", "user", user.id, user.name, admin_only=True, fields=["telegram_user_id"])
    return user


def unlink(actor: Actor) -> None:
    """Unlink the actor's Telegram account. Idempotent."""
    with transaction():
        user = lock_one(User, accounts.me(actor).id)
        if user.telegram_user_id is None:
            return
        user.telegram_user_id = None
        user.telegram_notifications = False
        user.updated_at = clock.now()
        activity.record(actor, "user.updated", "user", user.id, user.name, admin_only=True, fields=["telegram_user_id"])


def person_behind(telegram_user_id: str) -> User | None:
    """The person who linked this Telegram account, unless their account here is closed."""
    return db.session.scalar(select(User).where(User.telegram_user_id == telegram_user_id, User.is_active))


def _take_from_others(telegram_user_id: str, user_id: int) -> None:
    others = update(User).where(User.telegram_user_id == telegram_user_id, User.id != user_id)
    db.session.execute(
        others.values(telegram_user_id=None, telegram_notifications=False).execution_options(
            synchronize_session="fetch"
        )
    )
