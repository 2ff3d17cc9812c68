"""What people change about themselves: profile, password and avatar."""

from collections.abc import Mapping
from typing import IO, Any

from helix import clock, live
from helix.db.transaction import AfterCommit, end_reading, transaction
from helix.errors import BadRequest
from helix.models import User
from helix.policies.actor import Actor
from helix.services import activity, avatars, conflicts, names
from helix.services.access import refuse_api_tokens
from helix.services.accounts import links, lookup, throttle
from helix.services.accounts.passwords import hash_new_password, password_matches
from helix.services.accounts.sessions import revoke_access

EDITABLE_FIELDS = ("name", "telegram_notifications", "telegram_user_id", "timezone", "theme")
# A Telegram account must identify one user.
TELEGRAM_TAKEN = "This Telegram account is already linked to another user."


def edit_profile(actor: Actor, sent: Mapping[str, Any]) -> User:
    """Change the actor's `name`, `telegram_notifications`, `telegram_user_id`, `timezone` or `theme`.

    Raises Conflict when another user has the name or the Telegram account, Forbidden for an API token that sets a
    Telegram account, because buttons in Telegram act with the user's rights.
    """
    with transaction() as after_commit:
        user = lookup.own(actor)
        changed = [name for name in EDITABLE_FIELDS if name in sent and getattr(user, name) != sent[name]]
        for name in changed:
            if name == "name":
                user.name = names.claim(sent["name"], user_id=user.id)
            elif name == "telegram_user_id":
                if sent[name]:
                    refuse_api_tokens(actor)
                with conflicts.conflict_on_duplicate(TELEGRAM_TAKEN):
                    user.telegram_user_id = sent[name]
            else:
                setattr(user, name, sent[name])
        if changed:
            user.updated_at = clock.now()
            activity.record(actor, "user.updated", "user", user.id, user.name, admin_only=True, fields=changed)
            after_commit(live.publish, "user", user.id)
    return user


def change_password(actor: Actor, current: str, new: str, *, address: str = "") -> User:
    """Change the actor's password. Revokes every access token and every other browser session.

    Raises BadRequest when the current one is wrong, TooManyRequests after too many attempts, Invalid for a new one
    that is too short, too long or easy to guess.
    """
    refuse_api_tokens(actor)
    tries = f"change of {actor.id}"
    throttle.count_attempt(account=tries, address=address)
    user = lookup.me(actor)
    stored, about = user.password_hash, (user.email, user.name)
    end_reading()
    if not password_matches(stored, current):
        raise BadRequest("The current password is wrong.")
    throttle.clear_attempts(account=tries, address=address)
    password_hash = hash_new_password(new, about=about, field="new_password")
    with transaction() as after_commit:
        user = lookup.own(actor)
        if user.password_hash != stored:
            raise BadRequest("The current password is wrong: it was changed a moment ago.")
        user.password_hash = password_hash
        user.updated_at = clock.now()
        revoke_access(user, keep_session=actor.session_id)
        links.revoke(user)
        activity.record(actor, "user.updated", "user", user.id, user.name, admin_only=True, fields=["password"])
        after_commit(live.publish, "user", user.id)
    return user


def set_avatar(actor: Actor, stream: IO[bytes]) -> User:
    """Store the actor's picture. Raises TooLarge above 2 MB, Invalid for what is no JPEG, PNG or WebP."""
    with avatars.stored(actor, stream) as key, transaction() as after_commit:
        return _replace_avatar(actor, key, after_commit)


def remove_avatar(actor: Actor) -> User:
    with transaction() as after_commit:
        return _replace_avatar(actor, None, after_commit)


def _replace_avatar(actor: Actor, key: str | None, after_commit: AfterCommit) -> User:
    user = lookup.own(actor)
    avatars.replace(user, key, after_commit)
    user.updated_at = clock.now()
    activity.record(actor, "user.updated", "user", user.id, user.name, admin_only=True, fields=["avatar"])
    after_commit(live.publish, "user", user.id)
    return user
