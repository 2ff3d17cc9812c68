"""Files that belong to a skill. Their type is detected from the content; they are served as downloads only, and
pictures are re-encoded."""

from collections.abc import Collection
from pathlib import PurePosixPath
from typing import IO, Any, BinaryIO, cast

from sqlalchemy import Select, func, select
from sqlalchemy.orm import defer

from helix import clock, queue
from helix.db.transaction import end_reading, transaction
from helix.errors import Conflict, Invalid, TooLarge
from helix.extensions import db
from helix.files import StoredFile, pictures
from helix.models import Skill, SkillAttachment
from helix.policies.actor import Actor
from helix.services import stored_files
from helix.services.conflicts import conflict_on_duplicate
from helix.services.required_rows import get_required
from helix.services.skills import extraction, lookup
from helix.services.skills.history import record_change
from helix.text.filenames import LONGEST_PATH, relative_path, safe_name

MEGABYTE = 1024 * 1024
MAX_TOTAL_BYTES = 50 * MEGABYTE


def attachments(skill_id: int) -> list[SkillAttachment]:
    """The skill's files, oldest first."""
    lookup.get(skill_id)
    return list(db.session.scalars(_select_without_text(skill_id)))


def _select_without_text(skill_id: int) -> Select[Any]:
    query = select(SkillAttachment).options(defer(SkillAttachment.extracted_text))
    return query.where(SkillAttachment.skill_id == skill_id).order_by(SkillAttachment.id)


def attach(
    actor: Actor, skill_id: int, stream: IO[bytes], *, name: str, description: str = "", path: str = ""
) -> SkillAttachment:
    """Attach a file; pictures are re-encoded. Without a path it gets an unused name at the top level. For admins.

    Raises TooLarge for a file above the upload limit, or more than 50 MB in total; Conflict when another file has the
    path; Invalid for an empty file, a path outside of the folder, and a picture that cannot be encoded.
    """
    lookup.require_admin(actor)
    lookup.get(skill_id)
    requested_path = _validate_path(path) if path else None
    end_reading()
    with (
        stored_files.delete_on_error() as save,
        pictures.cleaned(cast(BinaryIO, stream), person=actor.user_id) as (content, kind),
    ):
        file = save(content)
        if file.size == 0:
            raise Invalid.field("file", "This file is empty. Choose another.")
        extracted = extraction.extract_if_plain(file.key, kind, file.size)
        with transaction():
            skill = lookup.get_for_update(skill_id)
            attachment = add(
                actor,
                skill,
                file,
                name=PurePosixPath(requested_path).name if requested_path else name,
                path=requested_path or free_path(skill, safe_name(name)),
                kind=kind,
                description=description,
                extracted=extracted,
            )
            record_change(actor, skill, ["attachments"], attachment=attachment.name)
    return attachment


def add(
    actor: Actor,
    skill: Skill,
    file: StoredFile,
    *,
    name: str,
    path: str,
    kind: str,
    extracted: extraction.Extraction,
    description: str = "",
) -> SkillAttachment:
    """Insert the row of a stored file of a locked skill, with its text from `extraction.extract_if_plain`.

    Raises TooLarge for more than 50 MB in total, Conflict when another file of the skill has the path.
    """
    present = select(func.coalesce(func.sum(SkillAttachment.size), 0)).where(SkillAttachment.skill_id == skill.id)
    if (db.session.scalar(present) or 0) + file.size > MAX_TOTAL_BYTES:
        raise TooLarge(
            f"The files of a skill may have {MAX_TOTAL_BYTES // MEGABYTE} MB in total. Remove some of them first."
        )
    attachment = SkillAttachment(
        skill_id=skill.id,
        file_key=file.key,
        name=safe_name(name),
        path=path,
        extracted_text=extracted[0],
        extract_note=extracted[1],
        content_type=kind,
        size=file.size,
        description=description,
        uploaded_by_user_id=actor.user_id,
        created_at=clock.now(),
    )
    if path in paths(skill):
        raise Conflict(_TAKEN.format(path=path))
    with conflict_on_duplicate(_TAKEN.format(path=path)), transaction() as after_commit:
        db.session.add(attachment)
        db.session.flush()
        if extraction.is_pending(attachment):
            after_commit(queue.enqueue, extraction.EXTRACT_JOB, attachment.id, name=queue.FILES)
    return attachment


_TAKEN = 'This skill already has a file "{path}". Delete that one first, or give another path.'


def paths(skill: Skill) -> dict[str, int]:
    """The ids of the skill's files by their paths. Files stored before there were paths are at the top level."""
    query = select(SkillAttachment.id, SkillAttachment.path, SkillAttachment.name)
    rows = db.session.execute(query.where(SkillAttachment.skill_id == skill.id).order_by(SkillAttachment.id)).all()
    ids_by_path = {path: attachment_id for attachment_id, path, _name in rows if path}
    for attachment_id, path, name in rows:
        if not path:
            ids_by_path[_unused_name(name, ids_by_path)] = attachment_id
    return ids_by_path


def free_path(skill: Skill, name: str) -> str:
    """The name, or the first of "name (2).md", "name (3).md" … that no file of the skill has."""
    return _unused_name(name, paths(skill))


def _unused_name(name: str, taken: Collection[str]) -> str:
    plain, candidate, number = PurePosixPath(name[:LONGEST_PATH]), name[:LONGEST_PATH], 2
    while candidate in taken or candidate.casefold() == "skill.md":
        candidate, number = f"{plain.stem} ({number}){plain.suffix}", number + 1
    return candidate


def _validate_path(path: str) -> str:
    try:
        relative = relative_path(path)
    except ValueError as error:
        raise Invalid.field("path", f"The path {error}.") from error
    if relative.casefold() == "skill.md":
        raise Invalid.field("path", "SKILL.md is reserved for the text of the skill itself. Choose another path.")
    return relative


def download(attachment_id: int) -> tuple[SkillAttachment, BinaryIO]:
    """A file's row and its content; the caller closes it. Raises NotFound, also when the store lacks the file."""
    attachment = get_required(SkillAttachment, attachment_id, "attachment")
    db.session.expunge(attachment)
    # Sending the file may take a while: do not hold a database connection meanwhile.
    end_reading()
    return attachment, stored_files.store().open(attachment.file_key)


def remove(actor: Actor, attachment_id: int) -> None:
    lookup.require_admin(actor)
    with transaction():
        skill = lookup.get_for_update(get_required(SkillAttachment, attachment_id, "attachment").skill_id)
        removed = remove_several(skill, [attachment_id])
        record_change(actor, skill, ["attachments"], removed_attachment=removed[0])


def remove_several(skill: Skill, attachment_ids: Collection[int]) -> list[str]:
    """Delete files of a locked skill, from the store after the commit. Returns their names.

    Raises Invalid for a file that the skill does not have.
    """
    ids = set(attachment_ids)
    if not ids:
        return []
    query = select(SkillAttachment).where(SkillAttachment.skill_id == skill.id, SkillAttachment.id.in_(ids))
    attachments = list(db.session.scalars(query.order_by(SkillAttachment.id)))
    if unknown := ids - {attachment.id for attachment in attachments}:
        raise Invalid.field("remove_attachment_ids", f"This skill has no attachment {min(unknown)}.")
    with transaction() as after_commit:
        for attachment in attachments:
            db.session.delete(attachment)
            after_commit(stored_files.store().delete, attachment.file_key)
    return [attachment.name for attachment in attachments]
