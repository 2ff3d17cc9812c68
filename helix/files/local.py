"""Stores files in a local folder, written atomically and readable only by the server's account."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from helix.errors import NotFound, Unavailable
from helix.files.store import GONE, KEY, Meter, StoredFile, checked, new_key, relative_path

DRAFT = ".draft-"
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class LocalStore:
    """Stores files below one folder, which is created when first needed (mode 0700)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, stream: BinaryIO, *, limit: int, key: str | None = None) -> StoredFile:
        key = checked(key) if key else new_key()
        path = self._folder / relative_path(key)
        meter = Meter(stream, limit)
        with _translate_errors():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            # mkstemp creates the file with mode 0600.
            descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=DRAFT)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for piece in meter:
                    with _translate_errors():
                        file.write(piece)
                with _translate_errors():
                    file.flush()
                    os.fsync(file.fileno())
            with _translate_errors():
                Path(draft).replace(path)
                _sync_folder(path.parent)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        return meter.result(key)

    def open(self, key: str) -> BinaryIO:
        path = self._folder / relative_path(key)
        with _translate_errors():
            return cast(BinaryIO, path.open("rb"))

    def delete(self, key: str) -> None:
        path = self._folder / relative_path(key)
        with _translate_errors():
            path.unlink(missing_ok=True)

    def exists(self, key: str) -> bool:
        with _translate_errors():
            return (self._folder / relative_path(key)).is_file()

    def keys(self) -> Iterator[str]:
        with _translate_errors():
            names = [path.name for path in self._folder.glob("??/*")]
        return (name for name in names if KEY.fullmatch(name))


@contextmanager
def _translate_errors() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(GONE) from error
    except OSError as error:
        if error.errno in FULL:
            raise Unavailable(
                "The disk of the server is full, so the file was not saved. Free some space, then upload it again."
            ) from error
        raise Unavailable(
            "The folder for files is not usable right now. Check that it exists and that the server can write to it."
        ) from error


def _sync_folder(folder: Path) -> None:
    """Make the new name durable. The content of the file was synced before."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
