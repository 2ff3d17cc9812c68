"""A skill as a .zip of a folder: SKILL.md and the files beside it, none of which is ever unpacked to a disk."""

import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from helix.errors import TooLarge
from helix.text.filenames import safe_name
from helix.text.skill_file import ImportedSkill, SkillFileError, read_bytes

MEGABYTE = 1024 * 1024
LARGEST_SKILL = 2 * MEGABYTE
LARGEST_ATTACHMENT = 10 * MEGABYTE
LARGEST_TOTAL = 50 * MEGABYTE
MOST_FILES = 300
# Text shrinks to a tenth or so; what is packed a hundred times over, beyond the first megabyte, is made to do harm.
HIGHEST_RATIO = 100
_LONGEST_DIRECTORY = MEGABYTE
_PIECE = 64 * 1024
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class FolderFile:
    """`name` is clean and unique in its folder, `path` where it lay below it, only to be shown."""

    name: str
    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class SkillFolder:
    """`left_out` are the paths of files that lay outside the skill's folder."""

    skill: ImportedSkill
    attachments: tuple[FolderFile, ...]
    left_out: tuple[str, ...] = ()


def read_zip(file: BinaryIO, *, file_name: str = "") -> SkillFolder:
    """The skill in an archive. Limits hold while reading, whatever the archive says about itself.

    Raises SkillFileError with a sentence for what is no such archive or could do harm; TooLarge above 10 MB for one
    file or 50 MB for all.
    """
    try:
        with zipfile.ZipFile(_Careful(file)) as archive:
            return _read(archive, file_name)
    except _DAMAGED as error:
        raise SkillFileError("The archive is damaged or no .zip file. Pack the folder again.") from error


def _read(archive: zipfile.ZipFile, file_name: str) -> SkillFolder:
    members = archive.infolist()
    if len(members) > MOST_FILES:
        raise SkillFileError(f"The archive holds too many files: at most {MOST_FILES}.")
    files: dict[PurePosixPath, zipfile.ZipInfo] = {}
    for member in members:
        path = _checked(member)
        if member.is_dir() or _is_clutter(path):
            continue
        if path in files:
            raise SkillFileError(f'The archive holds "{path}" twice.')
        files[path] = member
    root = _root(list(files))
    inside = {path.relative_to(root): files[path] for path in files if path.is_relative_to(root)}
    budget = _Budget(archive)
    skill_path = next(path for path in inside if path.name.casefold() == "skill.md" and len(path.parts) == 1)
    skill = read_bytes(budget.read(inside.pop(skill_path), LARGEST_SKILL), file_name=root.name or file_name)
    names = _names(list(inside))
    attachments = [
        FolderFile(names[path], str(path), budget.read(member, LARGEST_ATTACHMENT)) for path, member in inside.items()
    ]
    left_out = [str(path) for path in files if not path.is_relative_to(root)]
    return SkillFolder(skill, tuple(attachments), tuple(left_out))


def _checked(member: zipfile.ZipInfo) -> PurePosixPath:
    """Where a file lies in the archive. Raises SkillFileError for all that is no plain file or folder within it."""
    name, shown = member.filename, member.filename[:80]
    path = PurePosixPath(name)
    if "\\" in member.orig_filename or "\0" in member.orig_filename or path.is_absolute() or name[1:2] == ":":
        raise SkillFileError(f'The archive holds the path "{shown}", which lies outside of it.')
    if ".." in path.parts or not path.parts:
        raise SkillFileError(f'The archive holds the path "{shown}", which lies outside of it.')
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise SkillFileError(f'The archive holds a link, "{shown}". Pack the file itself.')
    if member.flag_bits & 0x1:
        raise SkillFileError("The archive is encrypted. Pack the folder without a password.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise SkillFileError("The archive is packed in an unusual way. Pack the folder as an ordinary .zip.")
    return path


def _is_clutter(path: PurePosixPath) -> bool:
    return path.parts[0] == "__MACOSX" or path.name in (".DS_Store", "Thumbs.db", "desktop.ini")


def _root(paths: list[PurePosixPath]) -> PurePosixPath:
    """The folder that holds SKILL.md: the outermost one."""
    found = sorted((path for path in paths if path.name.casefold() == "skill.md"), key=lambda path: len(path.parts))
    if not found:
        raise SkillFileError("The archive holds no SKILL.md. Pack the folder of one skill.")
    if len(found) > 1 and len(found[0].parts) == len(found[1].parts):
        raise SkillFileError("The archive holds several skills. Import them one by one.")
    return found[0].parent


def _names(paths: list[PurePosixPath]) -> dict[PurePosixPath, str]:
    """A name for each file: its own, or with its folders before it where another has that already."""
    names: dict[PurePosixPath, str] = {}
    taken: set[str] = set()
    for path in paths:
        name = safe_name(path.name)
        if name.casefold() in taken:
            name = safe_name("-".join(path.parts))
        number = 2
        while name.casefold() in taken:
            name, number = safe_name(f"{number}-{path.name}"), number + 1
        taken.add(name.casefold())
        names[path] = name
    return names


class _Budget:
    """Reads members until the total is used up."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._left = LARGEST_TOTAL

    def read(self, member: zipfile.ZipInfo, limit: int) -> bytes:
        shown = member.filename[:80]
        out = bytearray()
        with self._archive.open(member) as stream:
            while piece := stream.read(_PIECE):
                out += piece
                self._left -= len(piece)
                if len(out) > limit:
                    raise TooLarge(f'"{shown}" is too large: at most {limit // MEGABYTE} MB.')
                if self._left < 0:
                    raise TooLarge(f"The archive holds too much: at most {LARGEST_TOTAL // MEGABYTE} MB in all.")
                if len(out) > MEGABYTE + HIGHEST_RATIO * member.compress_size:
                    raise SkillFileError(f'"{shown}" is packed far too tightly to be what it seems.')
        return bytes(out)


class _Careful:
    """A file whose table of contents cannot be made to fill the memory: zipfile reads that in one piece."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if size > _LONGEST_DIRECTORY:
            raise SkillFileError(f"The archive holds too many files: at most {MOST_FILES}.")
        return self._file.read(size)

    def seekable(self) -> bool:
        return True
