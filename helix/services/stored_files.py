"""Access to the file store of this installation."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import IO, Any, BinaryIO, cast

from flask import current_app

from helix.errors import HelixError
from helix.files import Store, StoredFile, open_store
from helix.models import Agent, SkillAttachment, TaskAttachment, User

log = logging.getLogger(__name__)

Save = Callable[[IO[bytes]], StoredFile]

# Every column that references a stored file; unreferenced files are deleted by maintenance.
FILE_KEY_COLUMNS: tuple[Any, ...] = (
    TaskAttachment.file_key,
    SkillAttachment.file_key,
    User.avatar_key,
    Agent.avatar_key,
)


def store() -> Store:
    """The file store configured by FILES_URL."""
    return _open(current_app.config["HELIX"].files_url)


def largest_upload() -> int:
    """The largest allowed attachment, in bytes."""
    return current_app.config["HELIX"].max_upload_mb * 1024 * 1024


@contextmanager
def delete_on_error() -> Iterator[Save]:
    """Yield a function that stores a file; on an exception in the block, the stored files are deleted again.

    Put the transaction that references the files inside the block. The function raises TooLarge above the upload limit.
    """
    keys: list[str] = []

    def save(stream: IO[bytes]) -> StoredFile:
        file = store().save(cast(BinaryIO, stream), limit=largest_upload())
        keys.append(file.key)
        return file

    try:
        yield save
    except BaseException:
        for key in keys:
            delete_quietly(key)
        raise


def delete_quietly(key: str) -> None:
    """Delete a file that nothing refers to. A failure is only logged: maintenance deletes it later."""
    try:
        store().delete(key)
    except HelixError:
        log.exception("An unreferenced file could not be deleted: %s", key)


@cache
def _open(url: str) -> Store:
    return open_store(url)
