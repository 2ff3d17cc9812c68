"""Files in an S3-compatible bucket, through fsspec; any other fsspec filesystem goes the same way."""

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import Any, BinaryIO, cast

from helix.errors import NotFound, Unavailable
from helix.files.store import GONE, KEY, PIECE, Meter, StoredFile, checked, new_key, place

# What is smaller than this stays in memory on its way to the bucket.
IN_MEMORY = 4 * 1024 * 1024


class RemoteStore:
    """Keeps files below `prefix` ("bucket/folder") of an fsspec filesystem."""

    def __init__(self, filesystem: Any, prefix: str) -> None:
        self._filesystem = filesystem
        self._prefix = prefix.rstrip("/")
        self._failures = _failures()

    def save(self, stream: BinaryIO, *, limit: int, key: str | None = None) -> StoredFile:
        key = checked(key) if key else new_key()
        meter = Meter(stream, limit)
        # Read to its end before anything is sent, so that one that is too large never reaches the bucket.
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as whole:
            with self._in_words():
                for piece in meter:
                    whole.write(piece)
                whole.seek(0)
            with self._in_words():
                self._send(cast(BinaryIO, whole), self._path(key))
        return meter.result(key)

    def open(self, key: str) -> BinaryIO:
        with self._in_words():
            return self._filesystem.open(self._path(key), "rb")

    def delete(self, key: str) -> None:
        path = self._path(key)
        with self._in_words():
            try:
                self._filesystem.rm_file(path)
            except FileNotFoundError:
                # Already gone, which is what was asked for.
                return

    def exists(self, key: str) -> bool:
        path = self._path(key)
        with self._in_words():
            # Not isfile(): that takes a bucket which does not answer for one without the file.
            try:
                self._filesystem.info(path)
            except FileNotFoundError:
                return False
        return True

    def keys(self) -> Iterator[str]:
        with self._in_words():
            found = self._filesystem.find(self._prefix)
        names = (str(path).rpartition("/")[2] for path in found)
        return (name for name in names if KEY.fullmatch(name))

    def _path(self, key: str) -> str:
        return f"{self._prefix}/{place(key)}"

    def _send(self, whole: BinaryIO, path: str) -> None:
        # Not committed by itself: a half-sent file that is closed by an error must not become a file.
        target = self._filesystem.open(path, "wb", autocommit=False)
        try:
            shutil.copyfileobj(whole, target, PIECE)
            target.close()
            target.commit()
        except BaseException:
            target.discard()
            # Some filesystems show a file from the moment it is opened. The first failure is the one to tell of.
            with suppress(*self._failures):
                self._filesystem.rm_file(path)
            raise

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError as error:
            raise NotFound(GONE) from error
        except self._failures as error:
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise Unavailable("The server or the bucket is full, so the file was not kept. Make room.") from error
            raise Unavailable("The file store cannot be reached right now. Try again in a moment.") from error


def _failures() -> tuple[type[Exception], ...]:
    """What going to a bucket may end in: system errors, and botocore's own family where s3fs is installed."""
    try:
        botocore = import_module("botocore.exceptions")
    except ModuleNotFoundError:
        return (OSError,)
    return (OSError, botocore.BotoCoreError, botocore.ClientError)
