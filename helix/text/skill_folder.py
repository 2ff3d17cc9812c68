"""Skills in a .zip: folders with a SKILL.md and other files. One folder, or many as in a repository."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO

from helix.errors import TooLarge
from helix.text import archives
from helix.text.archives import Archive
from helix.text.filenames import relative_path, safe_name
from helix.text.skill_file import ImportedSkill, SkillFileError, read_bytes

MEGABYTE = 1024 * 1024
LARGEST_SKILL = 2 * MEGABYTE
LARGEST_ATTACHMENT = 10 * MEGABYTE
LARGEST_TOTAL = 50 * MEGABYTE
# Per skill.
MOST_FILES = 300
VERSION_CONTROL = {".git", ".hg", ".svn"}


@dataclass(frozen=True, slots=True)
class FolderFile:
    """`path` is relative to the folder of the skill; `name` is a safe file name, unique in the folder."""

    name: str
    path: str
    content: bytes


@dataclass(frozen=True, slots=True)
class SkillFolder:
    """`left_out` are the paths of files outside of the skill's folder; `notes` are messages for people."""

    skill: ImportedSkill
    attachments: tuple[FolderFile, ...]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class SkillArchive:
    """`roots` are the folders with a SKILL.md, in order of their paths. One inside another belongs to the outer one."""

    def __init__(self, archive: Archive, file_name: str) -> None:
        self._archive = archive
        self._file_name = file_name
        self._skill_files = _skill_files(archive.files)
        self.roots = sorted(self._skill_files)

    @property
    def outside(self) -> list[str]:
        """The files that belong to no skill."""
        return [str(path) for path in self._archive.files if not any(path.is_relative_to(root) for root in self.roots)]

    def read(self, root: PurePosixPath) -> SkillFolder:
        """One skill with its files. Raises SkillFileError with a sentence, TooLarge above 10 MB for a file or 50 MB."""
        skill_file = self._skill_files[root]
        inside = [path for path in self._archive.files if path.is_relative_to(root) and path != skill_file]
        if len(inside) >= MOST_FILES:
            raise SkillFileError(f"The folder of the skill holds too many files: at most {MOST_FILES}.")
        skill = read_bytes(self._archive.read(skill_file, LARGEST_SKILL), file_name=root.name or self._file_name)
        notes: list[str] = []
        kept = [path for path in inside if _is_kept(path.relative_to(root), notes)]
        names = _names([path.relative_to(root) for path in kept])
        files, total = [], 0
        for path in kept:
            content = self._archive.read(path, LARGEST_ATTACHMENT)
            total += len(content)
            if total > LARGEST_TOTAL:
                raise TooLarge(f"The files of the skill hold too much: at most {LARGEST_TOTAL // MEGABYTE} MB in all.")
            below = path.relative_to(root)
            files.append(FolderFile(names[below], str(below), content))
            if path in self._archive.renamed:
                before = self._archive.renamed[path]
                notes.append(f'Two files were called "{before.name}": one of them is "{path.name}" here.')
        notes += _dot_files([file.path for file in files])
        return SkillFolder(skill, tuple(files), (), tuple(notes))


@contextmanager
def opened(file: BinaryIO, *, file_name: str = "") -> Iterator[SkillArchive]:
    """Open an archive. Raises SkillFileError if it is no archive, has no skill, or is malicious."""
    with archives.opened(file) as archive:
        yield SkillArchive(archive, file_name)


def read_zip(file: BinaryIO, *, file_name: str = "") -> SkillFolder:
    """The one skill in an archive. Raises SkillFileError, also for an archive that holds several; TooLarge."""
    with opened(file, file_name=file_name) as found:
        if len(found.roots) > 1:
            raise SkillFileError(f"The archive holds several skills: {len(found.roots)}. Choose among them.")
        folder = found.read(found.roots[0])
        return SkillFolder(folder.skill, folder.attachments, tuple(found.outside), folder.notes)


def _skill_files(paths: list[PurePosixPath]) -> dict[PurePosixPath, PurePosixPath]:
    """The SKILL.md of each skill, by its folder."""
    by_folder: dict[PurePosixPath, PurePosixPath] = {}
    for path in paths:
        if path.name.casefold() == "skill.md" and not VERSION_CONTROL.intersection(path.parts):
            by_folder.setdefault(path.parent, path)
    if not by_folder:
        raise SkillFileError("The archive holds no SKILL.md. Pack the folder of a skill, or of several.")
    return {
        folder: path for folder, path in by_folder.items() if not any(outer in by_folder for outer in folder.parents)
    }


def _is_kept(path: PurePosixPath, notes: list[str]) -> bool:
    folder = next((part for part in path.parts[:-1] if part in VERSION_CONTROL), None)
    if folder is not None:
        note = f'The folder "{folder}" was left out.'
        if note not in notes:
            notes.append(note)
        return False
    try:
        return bool(relative_path(str(path)))
    except ValueError as error:
        notes.append(f'"{str(path)[:80]}" was left out: its path {error}.')
        return False


def _dot_files(paths: list[str]) -> list[str]:
    hidden = [path for path in paths if any(part.startswith(".") for part in PurePosixPath(path).parts)]
    if not hidden:
        return []
    more = f" and {len(hidden) - 5} more" if len(hidden) > 5 else ""
    return [f"Hidden files came along: {', '.join(hidden[:5])}{more}. Delete those that agents should not read."]


def _names(paths: list[PurePosixPath]) -> dict[PurePosixPath, str]:
    """A unique name for each file: its own, or prefixed with its folders if that is taken."""
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
