"""Parsing an uploaded file into the fields of a skill, validated like those sent to the API."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import IO, Any, BinaryIO, cast

from pydantic import ValidationError
from sqlalchemy import select

from helix.errors import Invalid, TooLarge
from helix.extensions import db
from helix.files.kinds import content_type
from helix.files.pictures import cleaned, has_no_metadata
from helix.models import Board, Department
from helix.schemas.problems import problems
from helix.schemas.skill import SkillIn
from helix.text.skill_file import ImportedSkill, SkillFileError, read_bytes, read_markdown
from helix.text.skill_folder import LARGEST_SKILL, FolderFile, SkillFolder, read_zip

# The first bytes of a zip file, with and without members.
ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
MAX_EXTRA_LENGTH = 20_000
# The front matter keys of these fields, for error messages.
FRONT_MATTER_KEYS = {
    "activation_mode": "activation.mode",
    "activation_tags": "activation.tags",
    "activation_board_ids": "activation.boards",
}


@dataclass(frozen=True)
class ParsedSkill:
    """The content of a skill file: the skill's fields, the names of those that the file sets, attached files, and notes
    on what could not be read."""

    fields: dict[str, Any]
    fields_set: frozenset[str]
    files: tuple[FolderFile, ...]
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.fields["name"]


def parse(stream: IO[bytes], *, file_name: str = "") -> ParsedSkill:
    """Parse a markdown file or a .zip of a folder, detected by its content.

    Raises SkillFileError, FrontMatterError (422) and TooLarge.
    """
    if is_archive(stream):
        return parse_folder(read_zip(cast(BinaryIO, stream), file_name=file_name))
    content = stream.read(LARGEST_SKILL + 1)
    if len(content) > LARGEST_SKILL:
        raise TooLarge(f"The file is too large for a skill: at most {LARGEST_SKILL // 1024 // 1024} MB.")
    if not content.strip():
        raise SkillFileError("The file is empty. Choose the markdown file of a skill, or the .zip of its folder.")
    return _build(read_bytes(content, file_name=file_name), (), [])


def parse_markdown(text: str, *, file_name: str = "") -> ParsedSkill:
    """Parse the text of a SKILL.md. Raises SkillFileError, FrontMatterError."""
    return _build(read_markdown(text, file_name=file_name), (), [])


def is_archive(stream: IO[bytes]) -> bool:
    start = stream.read(4)
    stream.seek(0)
    return start in ZIP_SIGNATURES


def parse_folder(folder: SkillFolder) -> ParsedSkill:
    """Parse a folder. Raises SkillFileError."""
    notes = [
        *folder.notes,
        *(f'"{path}" is outside of the folder of the skill and was left out.' for path in folder.left_out),
    ]
    files = tuple(file for attachment in folder.attachments if (file := _sanitized(attachment, notes)))
    return _build(folder.skill, files, notes)


def _sanitized(file: FolderFile, notes: list[str]) -> FolderFile | None:
    """The file, with pictures re-encoded unless they hold no metadata. None, with a note, when it is left out."""
    if has_no_metadata(file.content):
        return file
    try:
        with cleaned(BytesIO(file.content)) as (content, _kind):
            return replace(file, content=content.read())
    except Invalid as error:
        notes.append(f'"{file.path}" was left out: {error}')
        return None


def content_type_of(file: FolderFile) -> str:
    return content_type(file.content)


def _build(skill: ImportedSkill, files: tuple[FolderFile, ...], notes: list[str]) -> ParsedSkill:
    boards, unknown = BoardNames().find_all(skill.activation.boards) if skill.activation.boards else ([], [])
    notes += [f'No single board matches "{name}": choose the boards of the skill yourself.' for name in unknown]
    fields = {
        "name": skill.name,
        "description": skill.description,
        "category": skill.category or "",
        "tags": list(skill.tags),
        "content": skill.content,
        "activation_mode": skill.activation.mode,
        "activation_board_ids": boards,
        "activation_tags": list(skill.activation.tags),
    }
    if skill.version:
        fields["version"] = skill.version
    checked = _validated(fields)
    checked["extra"] = _validated_extra(skill.extra)
    checked["front_matter"] = skill.front_matter
    return ParsedSkill(checked, _fields_set(skill), files, tuple(notes))


def _fields_set(skill: ImportedSkill) -> frozenset[str]:
    """The names of the fields that the file sets: without front matter, only name and content."""
    keys = {"activation_mode", "activation_board_ids", "activation_tags"} if "activation" in skill.said else set()
    return frozenset({"name", "content", "front_matter", *skill.said, *keys} | ({"extra"} if skill.extra else set()))


def _validated(fields: dict[str, Any]) -> dict[str, Any]:
    try:
        valid = SkillIn.model_validate(fields)
    except ValidationError as error:
        problem = problems(error)[0]
        word = FRONT_MATTER_KEYS.get(str(problem["loc"][0]), str(problem["loc"][0]))
        raise SkillFileError(f"{word} of the skill cannot be used: {problem['msg']}") from error
    return {name: getattr(valid, name) for name in fields}


def _validated_extra(extra: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(extra)
    if len(text) > MAX_EXTRA_LENGTH:
        raise SkillFileError(f"The other front matter keys are too long: at most {MAX_EXTRA_LENGTH:,} characters.")
    if "\\u0000" in text or re.search("[\ud800-\udfff]", json.dumps(extra, ensure_ascii=False)):
        raise SkillFileError("The front matter has characters that cannot be stored. Remove them and import it again.")
    return extra


class BoardNames:
    """Maps boards to the names used in skill files, and back: "Name" when it is unique, else "Department / Name".

    Names rather than ids, so that a file can be imported into another installation.
    """

    def __init__(self) -> None:
        self._ids: set[int] = set()
        by_word: dict[str, set[int]] = defaultdict(set)
        self._words: dict[int, tuple[str, str]] = {}
        query = select(Board.id, Board.name, Department.name).join(Department, Department.id == Board.department_id)
        for board_id, name, department in db.session.execute(query.order_by(Board.id)):
            self._ids.add(board_id)
            self._words[board_id] = (name, f"{department} / {name}")
            for word in self._words[board_id]:
                by_word[word.casefold()].add(board_id)
        self._by_word = by_word

    def word(self, board_id: int) -> int | str:
        """The unambiguous name of a board, or its id when there is none."""
        clear = (word for word in self._words.get(board_id, ()) if self.find(word) == board_id)
        return next(clear, board_id)

    def find(self, name: int | str) -> int | None:
        """The id of the board with this name or id; None when there is none or more than one."""
        if isinstance(name, int):
            return name if name in self._ids else None
        ids = self._by_word.get(name.casefold(), set())
        return next(iter(ids)) if len(ids) == 1 else None

    def find_all(self, names: Iterable[int | str]) -> tuple[list[int], list[int | str]]:
        """The ids of the boards found, and the names or ids not found."""
        board_ids, unknown = [], []
        for name in names:
            board_id = self.find(name)
            if board_id is None:
                unknown.append(name)
            else:
                board_ids.append(board_id)
        return list(dict.fromkeys(board_ids)), unknown
