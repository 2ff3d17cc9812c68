"""The port: what any place for files can do. Keys are random, so that no name of a person's making is ever a path."""

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from helix.errors import NotFound, TooLarge

PIECE = 64 * 1024
KEY = re.compile(r"[0-9a-f]{32}")

GONE = "This file is no longer in the file store. Upload it again, or bring it back from a backup."


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`key` is 32 hex digits, `size` in bytes, `sha256` 64 hex digits of the content."""

    key: str
    size: int
    sha256: str


class Store(Protocol):
    """Every method raises Unavailable with a sentence when the place behind it cannot be used right now."""

    def save(self, stream: BinaryIO, *, limit: int, key: str | None = None) -> StoredFile:
        """Keep what the stream holds, read in pieces. Raises TooLarge above `limit` bytes and leaves nothing behind.

        `key` is for bringing back a backup alone; everyone else gets a new one.
        """
        ...

    def open(self, key: str) -> BinaryIO:
        """The content as a stream from its beginning, to be closed by the caller. Raises NotFound."""
        ...

    def delete(self, key: str) -> None:
        """Remove it; one that is gone already is no error."""
        ...

    def exists(self, key: str) -> bool: ...

    def keys(self) -> Iterator[str]:
        """Every file that is kept, in no order, for backups and for sweeping what nothing refers to."""
        ...


def new_key() -> str:
    return secrets.token_hex(16)


def checked(key: str) -> str:
    """The key itself. Raises NotFound for anything that we never gave out, such as a path."""
    if not KEY.fullmatch(key):
        raise NotFound(GONE)
    return key


def place(key: str) -> str:
    """Where a key lies below the root: 256 folders, so that none of them grows too large to list."""
    return f"{checked(key)[:2]}/{key}"


class Meter:
    """Reads a stream in pieces while counting and hashing. Raises TooLarge as soon as the limit is passed."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        self._digest = hashlib.sha256()
        self._size = 0

    def __iter__(self) -> Iterator[bytes]:
        while piece := self._stream.read(PIECE):
            self._size += len(piece)
            if self._size > self._limit:
                raise TooLarge(f"This file is too large: at most {size_in_words(self._limit)}.")
            self._digest.update(piece)
            yield piece

    def result(self, key: str) -> StoredFile:
        return StoredFile(key, self._size, self._digest.hexdigest())


def size_in_words(size: int) -> str:
    """ "10 MB", "512 KB", "3 bytes"."""
    for unit, name in ((1024 * 1024, "MB"), (1024, "KB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} bytes"
