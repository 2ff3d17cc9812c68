"""The tar file of a backup: written in one pass, and read only after all checksums were verified."""

import hashlib
import os
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from helix.backups.manifest import BackupError, Manifest, Member

MANIFEST = "manifest.json"
CHUNK = 1024 * 1024
# The size of a member must be known before it is written: smaller ones are buffered in memory, others on disk.
IN_MEMORY = 8 * CHUNK


class Archive:
    """A backup that is being written. `members` are those written so far."""

    def __init__(self, tar: tarfile.TarFile, folder: Path) -> None:
        self._tar = tar
        self._folder = folder
        self.members: dict[str, Member] = {}

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """A stream to write to. Its content becomes a member if the block ends without an exception."""
        with tempfile.SpooledTemporaryFile(
            max_size=IN_MEMORY, dir=str(self._folder), prefix=".helix-backup-"
        ) as content:
            yield cast(IO[bytes], content)
            self._add(name, cast(BinaryIO, content))

    def _add(self, name: str, content: BinaryIO) -> None:
        size = content.seek(0, os.SEEK_END)
        content.seek(0)
        digest = hashlib.sha256()
        while chunk := content.read(CHUNK):
            digest.update(chunk)
        content.seek(0)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, int(time.time())
        self._tar.addfile(entry, content)
        if name != MANIFEST:
            self.members[name] = Member(digest.hexdigest(), size)

    def finish(self, manifest: Manifest) -> None:
        with self.member(MANIFEST) as content:
            content.write(manifest.to_json())


@contextmanager
def create(path: Path, *, replace: bool) -> Iterator[Archive]:
    """Write a backup to `path` atomically, readable only by its owner. Raises BackupError."""
    if path.exists() and not replace:
        raise BackupError(f"{path} exists already. Choose another file, or replace it with --force.")
    try:
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    except OSError as error:
        raise BackupError(f"Nothing can be written to {path.parent}: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w|") as tar:
                yield Archive(tar, path.parent)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except OSError as error:
        raise BackupError(f"The backup could not be written: {error.strerror or error}.") from error
    finally:
        Path(draft).unlink(missing_ok=True)


def verify(path: Path) -> Manifest:
    """Read the whole backup and return its manifest. Raises BackupError if a member is missing, changed or unknown."""
    members: dict[str, Member] = {}
    manifest = b""
    try:
        with tarfile.open(path, "r:") as tar:
            for entry in tar:
                content = tar.extractfile(entry)
                if content is None:
                    raise BackupError(
                        f"{path} holds {entry.name}, which is not a regular file: this is not a backup of HELIX."
                    )
                if entry.name == MANIFEST:
                    manifest = content.read()
                    continue
                digest = hashlib.sha256()
                while chunk := content.read(CHUNK):
                    digest.update(chunk)
                members[entry.name] = Member(digest.hexdigest(), entry.size)
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{path} cannot be read to its end: it is damaged, truncated, or not a backup.") from error
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not manifest:
        raise BackupError(f"{path} has no manifest: it is truncated, or not a backup.")
    expected = Manifest.from_json(manifest)
    for name, member in expected.members.items():
        if members.get(name) != member:
            raise BackupError(f"{name} in {path} is missing or was changed. Take another backup.")
    if "database" not in expected.members:
        raise BackupError(f"{path} holds no database. Take another backup.")
    if unknown := members.keys() - expected.members.keys():
        raise BackupError(f"{path} holds {min(unknown)}, which its manifest does not know. Take another backup.")
    return expected


def read_members(path: Path, prefix: str) -> Iterator[tuple[str, IO[bytes]]]:
    """The names and streams of the members of a verified backup whose names have this prefix.

    Each stream is valid only until the next one is requested.
    """
    with tarfile.open(path, "r:") as tar:
        for entry in tar:
            content = tar.extractfile(entry) if entry.name.startswith(prefix) else None
            if content is not None:
                yield entry.name, content
