"""Importing one skill from a file: a preview of the effect, and the import."""

from io import BytesIO
from typing import IO, Any, Literal

from helix.db.transaction import end_reading, transaction
from helix.extensions import db
from helix.files import StoredFile
from helix.models import Skill
from helix.policies.actor import Actor
from helix.services import stored_files
from helix.services.skills import extraction, files, links, lookup, naming, reading, write
from helix.services.skills.history import record_change
from helix.services.skills.reading import ParsedSkill
from helix.text.skill_folder import FolderFile
from helix.text.versions import FIRST, next_patch

OnConflict = Literal["new_version", "rename"]
# The files of an import: each with its stored content and its extracted text.
StoredFiles = list[tuple[FolderFile, StoredFile, extraction.Extraction]]


def preview(
    actor: Actor, stream: IO[bytes], *, file_name: str = "", on_conflict: OnConflict | None = None
) -> dict[str, Any]:
    """The API's preview of importing this file. Nothing is saved. For admins."""
    lookup.require_admin(actor)
    return describe_import(reading.parse(stream, file_name=file_name), on_conflict)


def describe_import(parcel: ParsedSkill, on_conflict: OnConflict | None) -> dict[str, Any]:
    """The API's preview of importing a parsed skill."""
    existing = naming.find_by_name(parcel.name)
    skill = _version_fields(existing, parcel) if existing and on_conflict == "new_version" else _new_fields(parcel)
    if existing and on_conflict == "rename":
        skill["name"] = naming.free_name(parcel.name)
    return {
        "dry_run": True,
        "action": (on_conflict or "conflict") if existing else "create",
        "existing_skill_id": existing.id if existing else None,
        "skill": {name: value for name, value in skill.items() if name != "front_matter"},
        "attachments": [
            {
                "name": file.name,
                "path": file.path,
                "content_type": reading.content_type_of(file),
                "size": len(file.content),
            }
            for file in parcel.files
        ],
        "notes": list(parcel.notes),
    }


def import_file(
    actor: Actor,
    stream: IO[bytes],
    *,
    file_name: str = "",
    on_conflict: OnConflict | None = None,
    activate: bool = False,
) -> tuple[Skill, list[str]]:
    """Import a file. Returns the skill, inactive unless `activate`, and notes on what was left out. For admins.

    Raises NameTaken when the name exists and `on_conflict` is None; SkillFileError and TooLarge for the file. A new
    version keeps the fields that the file does not set; files with the same path are replaced.
    """
    lookup.require_admin(actor)
    parcel = reading.parse(stream, file_name=file_name)
    return import_parsed(actor, parcel, on_conflict, activate=activate), list(parcel.notes)


def import_parsed(actor: Actor, parcel: ParsedSkill, on_conflict: OnConflict | None, *, activate: bool) -> Skill:
    """Save a parsed skill in a transaction of its own. Raises NameTaken."""
    _require_unused_name(parcel, on_conflict)
    end_reading()
    with stored_files.delete_on_error() as save:
        stored = [_with_text(file, save(BytesIO(file.content))) for file in parcel.files]
        with transaction():
            existing = naming.find_by_name(parcel.name)
            if existing and on_conflict == "new_version":
                skill = _save_new_version(actor, lookup.get_for_update(existing.id), parcel, stored, activate=activate)
            else:
                fields = _new_fields(parcel)
                if existing and on_conflict == "rename":
                    fields["name"] = naming.free_name(parcel.name)
                skill = write.insert(actor, **fields, is_active=activate)
                _attach(actor, skill, stored)
                record_change(actor, skill, ["content"], action="skill.imported", files=len(stored))
    return skill


def _with_text(file: FolderFile, stored: StoredFile) -> tuple[FolderFile, StoredFile, extraction.Extraction]:
    return file, stored, extraction.extract_if_plain(stored.key, reading.content_type_of(file), stored.size)


def _require_unused_name(parcel: ParsedSkill, on_conflict: OnConflict | None) -> None:
    """Raise NameTaken before the files are stored; it is checked again when saving."""
    if on_conflict is None and (existing := naming.find_by_name(parcel.name)):
        raise naming.NameTaken(parcel.name, existing.id)


def _new_fields(parcel: ParsedSkill) -> dict[str, Any]:
    return {"version": FIRST} | parcel.fields


def _version_fields(skill: Skill, parcel: ParsedSkill) -> dict[str, Any]:
    """All fields of the new version: those the file sets, and otherwise the skill's present ones."""
    now = {name: getattr(skill, name) for name in parcel.fields if name != "activation_board_ids"}
    now["activation_board_ids"] = links.board_ids(skill)
    fields = now | {name: value for name, value in parcel.fields.items() if name in parcel.fields_set}
    if fields.get("version", skill.version) == skill.version:
        # The file was changed without a new version number.
        fields["version"] = skill.version if fields["content"] == skill.content else next_patch(skill.version)
    return fields


def _save_new_version(
    actor: Actor, skill: Skill, parcel: ParsedSkill, uploads: StoredFiles, *, activate: bool
) -> Skill:
    changed = write.apply_changes(actor, skill, _version_fields(skill, parcel) | {"is_active": activate})
    uploaded = {file.path.casefold() for file, _stored, _extracted in uploads}
    replaced = [attachment_id for path, attachment_id in files.paths(skill).items() if path.casefold() in uploaded]
    files.remove_several(skill, replaced)
    db.session.flush()
    _attach(actor, skill, uploads)
    if uploads:
        changed.append("attachments")
    record_change(actor, skill, changed or ["content"], action="skill.imported", files=len(uploads))
    return skill


def _attach(actor: Actor, skill: Skill, uploads: StoredFiles) -> None:
    for file, stored, extracted in uploads:
        files.add(
            actor,
            skill,
            stored,
            name=file.name,
            path=file.path,
            kind=reading.content_type_of(file),
            extracted=extracted,
        )
