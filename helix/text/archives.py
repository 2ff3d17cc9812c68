"""Files in a .zip that another program packed. Nothing is ever unpacked to a disk.

Limits hold while reading, whatever the archive says about itself. Paths come out as the packer meant them: see
archive_names.py.
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
# All that is read of one archive: far more than was sent, far less than a small archive could unpack to.
LARGEST_ARCHIVE = 200 * MEGABYTE
# Text shrinks to a tenth or so; what is packed a hundred times over, beyond the first megabyte, is made to do harm.
HIGHEST_RATIO = 100
_LONGEST_DIRECTORY = MEGABYTE
_PIECE = 64 * 1024
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError, OSError)


class Archive:
    """`files` are the paths of all files, in the archive's order, without what systems leave behind (`.DS_Store`).

    `renamed` are those whose path clashed with another one once it was read as meant, with what it was before.
    """

    def __init__(self, archive: zipfile.ZipFile) -> None:
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise ImportFileError(f"The archive holds too many files: at most {MOST_MEMBERS:,}.")
        self._archive = archive
        self._left = LARGEST_ARCHIVE
        self._members: dict[PurePosixPath, zipfile.ZipInfo] = {}
        self.renamed: dict[PurePosixPath, PurePosixPath] = {}
        as_packed: set[str] = set()
        for member, name in zip(members, archive_names.read(members), strict=True):
            if member.orig_filename in as_packed:
                raise ImportFileError(f'The archive holds "{name[:80]}" twice.')
            as_packed.add(member.orig_filename)
            path = _checked(member, name)
            if name.endswith("/") or _is_clutter(path):
                continue
            free = _free(path, self._members)
            if free != path:
                self.renamed[free] = path
            self._members[free] = member

    @property
    def files(self) -> list[PurePosixPath]:
        return list(self._members)

    def read(self, path: PurePosixPath, limit: int) -> bytes:
        """Raises TooLarge for more than `limit` bytes, ImportFileError for what must not or cannot be read."""
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
    """Raises ImportFileError for what is no archive, is damaged, or could do harm."""
    try:
        packed = zipfile.ZipFile(_Careful(file))
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


def _is_clutter(path: PurePosixPath) -> bool:
    """What macOS and Windows leave beside files: previews, settings of folders, the other half of a file (`._name`)."""
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


class _Careful:
    """A file whose table of contents cannot be made to fill the memory: zipfile reads that in one piece."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if size > _LONGEST_DIRECTORY:
            raise ImportFileError(f"The archive holds too many files: at most {MOST_MEMBERS:,}.")
        return self._file.read(size)

    def seekable(self) -> bool:
        return True
