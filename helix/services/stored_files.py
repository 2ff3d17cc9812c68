"""The store of this installation's files."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import IO, Any, BinaryIO, cast

from flask import current_app

from helix.errors import HelixError
from helix.files import Store, StoredFile, open_store
from helix.models import SkillAttachment, TaskAttachment, User

log = logging.getLogger(__name__)

Save = Callable[[IO[bytes]], StoredFile]

# Every column that names a file: what none of them names is nobody's, and is deleted in the end.
FILE_KEY_COLUMNS: tuple[Any, ...] = (TaskAttachment.file_key, SkillAttachment.file_key, User.avatar_key)


def store() -> Store:
    """The one that FILES_URL names."""
    return _opened(current_app.config["HELIX"].files_url)


def largest_upload() -> int:
    """How large one attachment may be, in bytes."""
    return current_app.config["HELIX"].max_upload_mb * 1024 * 1024


@contextmanager
def delete_on_error() -> Iterator[Save]:
    """What is saved inside stays only if the block ends well. The transaction that names it belongs inside.

    The saving function raises TooLarge for more than one attachment may hold.
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
            _forget(key)
        raise


def _forget(key: str) -> None:
    try:
        store().delete(key)
    except HelixError:
        # What went wrong before it is what a person must hear of.
        log.exception("A file that nothing refers to could not be deleted: %s", key)


@cache
def _opened(url: str) -> Store:
    return open_store(url)
