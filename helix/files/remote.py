"""Stores files in an S3-compatible bucket, or in any other fsspec filesystem."""

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, BinaryIO, cast

from helix.errors import NotFound, Unavailable
from helix.files.store import GONE, KEY, PIECE, Meter, StoredFile, checked, new_key, relative_path

# Bytes. Smaller uploads are buffered in memory, larger ones in a temporary file.
IN_MEMORY = 4 * 1024 * 1024


class RemoteStore:
    """Stores files below `prefix` ("bucket/folder") of an fsspec filesystem."""

    def __init__(self, filesystem: Any, prefix: str) -> None:
        self._filesystem = filesystem
        self._prefix = prefix.rstrip("/")
        self._failures = _failures()

    def save(self, stream: BinaryIO, *, limit: int, key: str | None = None) -> StoredFile:
        key = checked(key) if key else new_key()
        meter = Meter(stream, limit)
        # Read the whole upload before sending it, so that a file that is too large never reaches the bucket.
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as whole:
            with self._translate_errors():
                for piece in meter:
                    whole.write(piece)
                whole.seek(0)
            with self._translate_errors():
                self._send(cast(BinaryIO, whole), self._path(key))
        return meter.result(key)

    def open(self, key: str) -> BinaryIO:
        with self._translate_errors():
            return self._filesystem.open(self._path(key), "rb")

    def delete(self, key: str) -> None:
        path = self._path(key)
        with self._translate_errors():
            try:
                self._filesystem.rm_file(path)
            except FileNotFoundError:
                return

    def exists(self, key: str) -> bool:
        path = self._path(key)
        with self._translate_errors():
            # Not isfile(): it returns False when the bucket does not answer.
            try:
                self._filesystem.info(path)
            except FileNotFoundError:
                return False
        return True

    def keys(self) -> Iterator[str]:
        with self._translate_errors():
            paths = self._filesystem.find(self._prefix)
        names = (str(path).rpartition("/")[2] for path in paths)
        return (name for name in names if KEY.fullmatch(name))

    def _path(self, key: str) -> str:
        return f"{self._prefix}/{relative_path(key)}"

    def _send(self, whole: BinaryIO, path: str) -> None:
        # No autocommit: a partial upload that an error closes must not become a file.
        target = self._filesystem.open(path, "wb", autocommit=False)
        try:
            shutil.copyfileobj(whole, target, PIECE)
            target.close()
            target.commit()
        except BaseException:
            target.discard()
            # Some filesystems create the file when it is opened. Raise the original error, not one of the cleanup.
            with suppress(*self._failures):
                self._filesystem.rm_file(path)
            raise

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise NotFound(GONE) from error
        except self._failures as error:
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise Unavailable(
                    "The server or the bucket is full, so the file was not saved. Free some space."
                ) from error
            raise Unavailable("The file store cannot be reached right now. Try again in a moment.") from error


def _failures() -> tuple[type[Exception], ...]:
    """The exceptions of a filesystem: OSError, and those of botocore if s3fs is installed."""
    try:
        botocore = import_module("botocore.exceptions")
    except ModuleNotFoundError:
        return (OSError,)
    return (OSError, botocore.BotoCoreError, botocore.ClientError)
