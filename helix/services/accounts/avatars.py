"""Pictures of people, re-encoded before they are kept."""

from io import BytesIO
from typing import IO, BinaryIO

from sqlalchemy import select

from helix import clock, live
from helix.errors import NotFound
from helix.extensions import db
from helix.files import avatars
from helix.files.store import checked
from helix.models import User
from helix.policies.actor import Actor
from helix.services import activity, stored_files
from helix.services.accounts import lookup
from helix.transaction import AfterCommit, end_reading, transaction

AVATAR_TYPE = avatars.CONTENT_TYPE
MAX_AVATAR_BYTES = avatars.LARGEST


def set_avatar(actor: Actor, stream: IO[bytes]) -> User:
    """Keep a picture (JPEG, PNG or WebP by content) as a square one. Raises TooLarge above 2 MB, Invalid otherwise."""
    end_reading()  # nobody waits for us while others have their turn
    content = avatars.square(stream.read(MAX_AVATAR_BYTES + 1), person=actor.user_id)
    with stored_files.delete_on_error() as save:
        file = save(BytesIO(content))
        with transaction() as after_commit:
            return _put(actor, file.key, after_commit)


def remove_avatar(actor: Actor) -> User:
    with transaction() as after_commit:
        return _put(actor, None, after_commit)


def avatar(key: str) -> BinaryIO:
    """The picture under this key, to be closed by the caller. Raises NotFound for what is nobody's picture (now)."""
    checked(key)
    if db.session.scalar(select(User.id).where(User.avatar_key == key).limit(1)) is None:
        raise NotFound("There is no such picture.")
    end_reading()
    return stored_files.store().open(key)


def _put(actor: Actor, key: str | None, after_commit: AfterCommit) -> User:
    user = lookup.own(actor)
    earlier, user.avatar_key = user.avatar_key, key
    user.updated_at = clock.now()
    activity.record(actor, "user.updated", "user", user.id, user.name, admin_only=True, fields=["avatar"])
    if earlier:
        after_commit(stored_files.store().delete, earlier)
    after_commit(live.publish, "user", user.id)
    return user
