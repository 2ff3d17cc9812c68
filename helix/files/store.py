"""The interface of a file store. Keys are random, so that names chosen by people are never paths."""

import hashlib
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from helix.errors import NotFound, TooLarge

PIECE = 64 * 1024
KEY = re.compile(r"[0-9a-f]{32}")

GONE = "This file is no longer in the file store. Upload it again, or restore it from a backup."


@dataclass(frozen=True, slots=True)
class StoredFile:
    """`key` is 32 hex digits, `size` in bytes, `sha256` 64 hex digits of the content."""

    key: str
    size: int
    sha256: str


class Store(Protocol):
    """Every method raises Unavailable if the storage cannot be used right now."""

    def save(self, stream: BinaryIO, *, limit: int, key: str | None = None) -> StoredFile:
        """Store the content of the stream. Raises TooLarge above `limit` bytes and then stores nothing.

        `key` is only for restoring a backup; otherwise a new key is generated.
        """
        ...

    def open(self, key: str) -> BinaryIO:
        """The content as a stream, which the caller closes. Raises NotFound."""
        ...

    def delete(self, key: str) -> None:
        """Remove the file, if it exists."""
        ...

    def exists(self, key: str) -> bool: ...

    def keys(self) -> Iterator[str]:
        """The keys of all files, unordered: for backups and for removing unreferenced files."""
        ...


def new_key() -> str:
    return secrets.token_hex(16)


def checked(key: str) -> str:
    """The key. Raises NotFound for anything that is not a valid key, such as a path."""
    if not KEY.fullmatch(key):
        raise NotFound(GONE)
    return key


def relative_path(key: str) -> str:
    """The path of a key below the root, in one of 256 folders, so that none grows too large to list."""
    return f"{checked(key)[:2]}/{key}"


class Meter:
    """Reads a stream in pieces, counting and hashing. Raises TooLarge once the limit is exceeded."""

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
