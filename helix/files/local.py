"""Files in a folder of this machine: whole or not at all, readable by the server's own account alone."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from helix.errors import NotFound, Unavailable
from helix.files.store import GONE, KEY, Meter, StoredFile, checked, new_key, place

DRAFT = ".draft-"
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalStore:
    """Keeps files below one folder, which is made when first needed (0700)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, stream: BinaryIO, *, limit: int, key: str | None = None) -> StoredFile:
        key = checked(key) if key else new_key()
        path = self._folder / place(key)
        meter = Meter(stream, limit)
        with _in_words():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            # mkstemp makes it for its owner alone (0600).
            descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=DRAFT)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for piece in meter:
                    with _in_words():
                        file.write(piece)
                with _in_words():
                    file.flush()
                    os.fsync(file.fileno())
            with _in_words():
                Path(draft).replace(path)
                _remember_the_name(path.parent)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        return meter.result(key)

    def open(self, key: str) -> BinaryIO:
        path = self._folder / place(key)
        with _in_words():
            return cast(BinaryIO, path.open("rb"))

    def delete(self, key: str) -> None:
        path = self._folder / place(key)
        with _in_words():
            path.unlink(missing_ok=True)

    def exists(self, key: str) -> bool:
        with _in_words():
            return (self._folder / place(key)).is_file()

    def keys(self) -> Iterator[str]:
        with _in_words():
            names = [path.name for path in self._folder.glob("??/*")]
        return (name for name in names if KEY.fullmatch(name))


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(GONE) from error
    except OSError as error:
        if error.errno in FULL:
            raise Unavailable(
                "The disk of the server is full, so the file was not kept. Make room on it, then upload again."
            ) from error
        raise Unavailable(
            "The folder for files cannot be used right now. Check that it exists and that the server may write to it."
        ) from error


def _remember_the_name(folder: Path) -> None:
    """The file's content is on the disk already; after this its name is too, whatever happens to the power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
