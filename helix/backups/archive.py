"""The tar of a backup: written in one pass, and read only after every checksum was found right."""

import hashlib
import os
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from helix.backups.errors import BackupError
from helix.backups.manifest import Manifest, Member

MANIFEST = "manifest.json"
PIECE = 1024 * 1024
# What is smaller waits for its size in memory, the rest on the disk that the backup goes to.
IN_MEMORY = 8 * PIECE


class Archive:
    """A backup being written. `members` are what it holds so far."""

    def __init__(self, tar: tarfile.TarFile, folder: Path) -> None:
        self._tar = tar
        self._folder = folder
        self.members: dict[str, Member] = {}

    @contextmanager
    def member(self, name: str) -> Iterator[IO[bytes]]:
        """Write into it; what was written becomes a member when the block ends well."""
        with tempfile.SpooledTemporaryFile(
            max_size=IN_MEMORY, dir=str(self._folder), prefix=".helix-backup-"
        ) as content:
            yield cast(IO[bytes], content)
            self._add(name, cast(BinaryIO, content))

    def _add(self, name: str, content: BinaryIO) -> None:
        size = content.seek(0, os.SEEK_END)
        content.seek(0)
        digest = hashlib.sha256()
        while piece := content.read(PIECE):
            digest.update(piece)
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
def written(path: Path, *, replace: bool) -> Iterator[Archive]:
    """The file appears whole and for its owner alone, or not at all."""
    if path.exists() and not replace:
        raise BackupError(f"{path} is there already. Name another file, or replace it with --force.")
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


def checked(path: Path) -> Manifest:
    """Read all of it once. Raises BackupError if anything in it is missing, changed or too much."""
    found: dict[str, Member] = {}
    manifest = b""
    try:
        with tarfile.open(path, "r:") as tar:
            for entry in tar:
                content = tar.extractfile(entry)
                if content is None:
                    raise BackupError(f"{path} holds {entry.name}, which is no plain file: not one of our backups.")
                if entry.name == MANIFEST:
                    manifest = content.read()
                    continue
                digest = hashlib.sha256()
                while piece := content.read(PIECE):
                    digest.update(piece)
                found[entry.name] = Member(digest.hexdigest(), entry.size)
    except (tarfile.TarError, EOFError) as error:
        raise BackupError(f"{path} cannot be read to its end: it is damaged, cut off, or no backup.") from error
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not manifest:
        raise BackupError(f"{path} has no manifest: it is cut off, or no backup.")
    expected = Manifest.from_json(manifest)
    for name, member in expected.members.items():
        if found.get(name) != member:
            raise BackupError(f"{name} in {path} is missing or was changed. Take another backup.")
    if "database" not in expected.members:
        raise BackupError(f"{path} holds no database. Take another backup.")
    if strangers := found.keys() - expected.members.keys():
        raise BackupError(f"{path} holds {min(strangers)}, which its manifest does not know. Take another backup.")
    return expected


def contents(path: Path, within: str) -> Iterator[tuple[str, IO[bytes]]]:
    """The members of a checked backup whose names begin so, one after the other; each is to be read before the next
    is asked for."""
    with tarfile.open(path, "r:") as tar:
        for entry in tar:
            content = tar.extractfile(entry) if entry.name.startswith(within) else None
            if content is not None:
                yield entry.name, content
