"""Exporting a skill as a markdown file, or with its attachments as a zip. Importing either gives the same skill."""

import tempfile
from pathlib import PurePosixPath
from typing import IO, Any, cast
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import select

from helix.db.transaction import end_reading
from helix.errors import HelixError
from helix.extensions import db
from helix.models import Skill, SkillAttachment
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor
from helix.services import stored_files
from helix.services.skills import files, links, reading
from helix.services.skills.lookup import get
from helix.services.skills.reading import BoardNames
from helix.text import skill_file
from helix.text.versions import FIRST

IN_MEMORY = 4 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
# A fixed timestamp, so that the same skill always gives the same bytes.
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_FILE_MODE = 0o644 << 16


def export(actor: Actor, skill_id: int) -> tuple[str, str]:
    """The file name and the text of a skill's markdown file."""
    skill = get(skill_id)
    return f"{skill.slug}.md", _text(actor, skill)


def export_zip(actor: Actor, skill_id: int) -> tuple[str, IO[bytes]]:
    """The file name and the content of a zip with SKILL.md and all files at their paths. The caller closes it.

    SKILL.md is byte for byte the imported one as long as the skill still has the same fields. Raises NotFound for a
    file that is missing from the store.
    """
    skill = get(skill_id)
    stored = select(SkillAttachment.id, SkillAttachment.file_key).where(SkillAttachment.skill_id == skill_id)
    keys = {row.id: row.file_key for row in db.session.execute(stored)}
    members = sorted((path, keys[attachment_id]) for path, attachment_id in files.paths(skill).items())
    text, folder = _imported_text(actor, skill) or _text(actor, skill), PurePosixPath(skill.slug)
    end_reading()  # do not hold a database connection while reading the files
    target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the caller closes it
    try:
        with ZipFile(cast(IO[bytes], target), "w", ZIP_DEFLATED) as archive:
            archive.writestr(_member(folder / "SKILL.md"), text.encode())
            for path, key in members:
                with stored_files.store().open(key) as content, archive.open(_member(folder / path), "w") as member:
                    while piece := content.read(_CHUNK_BYTES):
                        member.write(piece)
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return f"{skill.slug}.zip", cast(IO[bytes], target)


def _member(path: PurePosixPath) -> ZipInfo:
    info = ZipInfo(str(path), _FIXED_DATE)
    info.compress_type, info.external_attr = ZIP_DEFLATED, _FILE_MODE
    return info


def _text(actor: Actor, skill: Skill) -> str:
    boards = [board_id for board_id in links.board_ids(skill) if actor.level_on(board_id) >= BoardLevel.VIEW]
    places = BoardNames() if boards else None
    activation = skill_file.Activation(
        mode=skill.activation_mode,
        boards=tuple(places.word(board_id) for board_id in boards) if places else (),
        tags=tuple(skill.activation_tags),
    )
    names = ("name", "description", "version", "category", "tags", "extra", "front_matter")
    fields = {name: getattr(skill, name) for name in names}
    return skill_file.export(fields | {"activation": activation, "content": skill.content})


def _imported_text(actor: Actor, skill: Skill) -> str | None:
    """The imported front matter and the content; None when they no longer match the skill's fields."""
    if not skill.front_matter:
        return None
    text = skill.front_matter + skill.content
    try:
        fields: dict[str, Any] = {"version": FIRST} | reading.parse_markdown(text, file_name=skill.name).fields
    except HelixError:
        return None
    boards: list[int] = fields.pop("activation_board_ids")
    hidden = any(actor.level_on(board_id) < BoardLevel.VIEW for board_id in boards)
    same = not hidden and sorted(boards) == links.board_ids(skill)
    return text if same and all(getattr(skill, name) == value for name, value in fields.items()) else None
