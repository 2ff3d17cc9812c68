"""Pictures of people and of agents: encoded, stored, replaced and read."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import IO, BinaryIO

from sqlalchemy import or_, select

from helix.db.read import rows
from helix.db.transaction import AfterCommit, end_reading
from helix.errors import NotFound
from helix.extensions import db
from helix.files import pictures
from helix.files.store import checked
from helix.models import Agent, User
from helix.models.avatar import HasAvatar
from helix.policies.actor import Actor
from helix.services import stored_files

CONTENT_TYPE = pictures.AVATAR_CONTENT_TYPE
MAX_BYTES = pictures.LARGEST_AVATAR
_OF_AGENTS = select(Agent.id, Agent.avatar_key).where(Agent.avatar_key.is_not(None))


@contextmanager
def stored(actor: Actor, stream: IO[bytes]) -> Iterator[str]:
    """Store a JPEG, PNG or WebP picture (by content) as a square, and yield its key. An exception deletes it again.

    Raises TooLarge above 2 MB, Invalid for what is no picture.
    """
    end_reading()  # do not hold a database connection while waiting for a turn to encode
    content = pictures.avatar(stream.read(MAX_BYTES + 1), person=actor.user_id)
    with stored_files.delete_on_error() as save:
        yield save(BytesIO(content)).key


def replace(row: HasAvatar, key: str | None, after_commit: AfterCommit) -> None:
    """Give the row this picture, or none. The earlier one is deleted after the transaction."""
    earlier, row.avatar_key = row.avatar_key, key
    if earlier:
        after_commit(stored_files.store().delete, earlier)


def read(key: str) -> BinaryIO:
    """Open the picture with this key; the caller closes it. Raises NotFound when nobody has it (any longer)."""
    checked(key)
    found = select(or_(*(select(kind.id).where(kind.avatar_key == key).exists() for kind in (User, Agent))))
    if not db.session.scalar(found):
        raise NotFound("There is no such picture.")
    end_reading()
    return stored_files.store().open(key)


def of_agents() -> dict[int, str]:
    """The addresses of the pictures of all agents that have one, by id. One query."""
    return {row.id: Agent.avatar_at(row.avatar_key) or "" for row in rows(_OF_AGENTS)}
