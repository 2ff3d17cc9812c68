"""Reads files from an untrusted .zip, without extracting to disk.

Limits are enforced while reading, whatever sizes the archive states. File names are decoded in archive_names.py.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import BinaryIO

from helix.errors import TooLarge
from helix.text import archive_names
from helix.text.front_matter import ImportFileError

MEGABYTE = 1024 * 1024
MOST_MEMBERS = 5_000
# Bytes read from one archive in total.
LARGEST_ARCHIVE = 200 * MEGABYTE
# Text compresses to about a tenth. A ratio of 100, beyond the first megabyte, indicates a zip bomb.
HIGHEST_RATIO = 100
_LONGEST_DIRECTORY = MEGABYTE
_PIECE = 64 * 1024
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError, OSError)


class Archive:
    """`files` are the paths of all files, in the order of the archive, without system files such as `.DS_Store`.

    `renamed` maps new paths to original ones, for files whose decoded path equals another one.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise ImportFileError(f"The archive holds too many files: at most {MOST_MEMBERS:,}.")
        self._archive = archive
        self._left = LARGEST_ARCHIVE
        self._members: dict[PurePosixPath, zipfile.ZipInfo] = {}
        self.renamed: dict[PurePosixPath, PurePosixPath] = {}
        original_names: set[str] = set()
        for member, name in zip(members, archive_names.read(members), strict=True):
            if member.orig_filename in original_names:
                raise ImportFileError(f'The archive holds "{name[:80]}" twice.')
            original_names.add(member.orig_filename)
            path = _checked(member, name)
            if name.endswith("/") or _is_system_file(path):
                continue
            free = _free(path, self._members)
            if free != path:
                self.renamed[free] = path
            self._members[free] = member

    @property
    def files(self) -> list[PurePosixPath]:
        return list(self._members)

    def read(self, path: PurePosixPath, limit: int) -> bytes:
        """The content of a file. Raises TooLarge above `limit` bytes, ImportFileError if damaged or not allowed."""
        member, out = self._members[path], bytearray()
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ImportFileError(f'The archive holds a link, "{_shown(path)}". Pack the file itself.')
        if member.flag_bits & 0x1:
            raise ImportFileError("The archive is encrypted. Pack the folder without a password.")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ImportFileError("The archive is packed in an unusual way. Pack the folder as an ordinary .zip.")
        try:
            with self._archive.open(member) as stream:
                while piece := stream.read(_PIECE):
                    out += piece
                    self._left -= len(piece)
                    if len(out) > limit:
                        raise TooLarge(f'"{_shown(path)}" is too large: at most {limit // MEGABYTE} MB.')
                    if self._left < 0:
                        raise TooLarge(f"The archive holds too much: at most {LARGEST_ARCHIVE // MEGABYTE} MB in all.")
                    if len(out) > MEGABYTE + HIGHEST_RATIO * member.compress_size:
                        raise ImportFileError(f'"{_shown(path)}" is packed far too tightly to be what it seems.')
        except _DAMAGED as error:
            raise ImportFileError(f'"{_shown(path)}" is damaged in the archive. Pack the folder again.') from error
        return bytes(out)


@contextmanager
def opened(file: BinaryIO) -> Iterator[Archive]:
    """Open an archive. Raises ImportFileError if it is no archive, damaged or malicious."""
    try:
        packed = zipfile.ZipFile(_LimitedFile(file))
    except _DAMAGED as error:
        raise ImportFileError("The archive is damaged or no .zip file. Pack the folder again.") from error
    with packed:
        yield Archive(packed)


def _checked(member: zipfile.ZipInfo, name: str) -> PurePosixPath:
    """Raises ImportFileError for a path that leads out of the archive."""
    path = PurePosixPath(name)
    if "\0" in member.orig_filename or path.is_absolute() or name[1:2] == ":" or ".." in path.parts or not path.parts:
        raise ImportFileError(f'The archive holds the path "{name[:80]}", which lies outside of it.')
    return path


def _is_system_file(path: PurePosixPath) -> bool:
    """Whether it is a system file of macOS or Windows: thumbnails, folder settings, resource forks (`._name`)."""
    return (
        "__MACOSX" in path.parts
        or path.name.startswith("._")
        or path.name.casefold() in (".ds_store", "thumbs.db", "desktop.ini")
    )


def _free(path: PurePosixPath, taken: dict[PurePosixPath, zipfile.ZipInfo]) -> PurePosixPath:
    free, number = path, 2
    while free in taken:
        free, number = path.with_name(f"{path.stem} ({number}){path.suffix}"), number + 1
    return free


def _shown(path: PurePosixPath) -> str:
    return str(path)[:80]


class _LimitedFile:
    """Limits single reads, because zipfile reads the central directory at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if size > _LONGEST_DIRECTORY:
            raise ImportFileError(f"The archive holds too many files: at most {MOST_MEMBERS:,}.")
        return self._file.read(size)

    def seekable(self) -> bool:
        return True
