"""Files that belong to a skill. Their kind is told from their content; they are only ever downloaded, pictures as we
encoded them."""

from collections.abc import Collection
from typing import IO, BinaryIO, cast

from sqlalchemy import func, select

from helix import clock
from helix.errors import Invalid, TooLarge
from helix.extensions import db
from helix.files import StoredFile, pictures
from helix.models import Skill, SkillAttachment
from helix.policies.actor import Actor
from helix.services import stored_files
from helix.services.finding import one
from helix.services.skills import lookup
from helix.services.skills.noted import note
from helix.text.filenames import safe_name
from helix.transaction import end_reading, transaction

MEGABYTE = 1024 * 1024
LARGEST_TOTAL = 50 * MEGABYTE


def attachments(skill_id: int) -> list[SkillAttachment]:
    """In the order in which they came."""
    lookup.get(skill_id)
    query = select(SkillAttachment).where(SkillAttachment.skill_id == skill_id).order_by(SkillAttachment.id)
    return list(db.session.scalars(query))


def attach(actor: Actor, skill_id: int, stream: IO[bytes], *, name: str, description: str = "") -> SkillAttachment:
    """Keep a file, a picture as it is encoded anew. Raises TooLarge for one that is, or for more than 50 MB in all;
    Invalid for an empty one and for a picture that cannot be encoded."""
    lookup.refuse_strangers(actor)
    lookup.get(skill_id)
    end_reading()
    with stored_files.kept() as save, pictures.cleaned(cast(BinaryIO, stream), person=actor.user_id) as (content, kind):
        file = save(content)
        if file.size == 0:
            raise Invalid.field("file", "This file is empty. Choose another.")
        with transaction():
            skill = lookup.locked(skill_id)
            attachment = add(actor, skill, file, name=name, kind=kind, description=description)
            note(actor, skill, ["attachments"], attachment=attachment.name)
    return attachment


def add(
    actor: Actor, skill: Skill, file: StoredFile, *, name: str, kind: str, description: str = ""
) -> SkillAttachment:
    """The row of a stored file, on a locked skill. Raises TooLarge for more than 50 MB in all."""
    present = select(func.coalesce(func.sum(SkillAttachment.size), 0)).where(SkillAttachment.skill_id == skill.id)
    if (db.session.scalar(present) or 0) + file.size > LARGEST_TOTAL:
        raise TooLarge(
            f"The files of a skill may hold {LARGEST_TOTAL // MEGABYTE} MB in all. Remove some of them first."
        )
    attachment = SkillAttachment(
        skill_id=skill.id,
        file_key=file.key,
        name=safe_name(name),
        content_type=kind,
        size=file.size,
        description=description,
        uploaded_by_user_id=actor.user_id,
        created_at=clock.now(),
    )
    db.session.add(attachment)
    db.session.flush()
    return attachment


def download(attachment_id: int) -> tuple[SkillAttachment, BinaryIO]:
    """A file and its content, to be closed by the caller. Raises NotFound, also when the store has lost it."""
    attachment = one(SkillAttachment, attachment_id, "attachment")
    db.session.expunge(attachment)
    # It may take a while to read: nothing of the database is held meanwhile.
    end_reading()
    return attachment, stored_files.store().open(attachment.file_key)


def remove(actor: Actor, attachment_id: int) -> None:
    lookup.refuse_strangers(actor)
    with transaction():
        skill = lookup.locked(one(SkillAttachment, attachment_id, "attachment").skill_id)
        gone = remove_several(skill, [attachment_id])
        note(actor, skill, ["attachments"], removed_attachment=gone[0])


def remove_several(skill: Skill, attachment_ids: Collection[int]) -> list[str]:
    """Take files off a locked skill; they leave the store after the commit. Returns their names.

    Raises Invalid for one that the skill does not have.
    """
    wanted = set(attachment_ids)
    if not wanted:
        return []
    query = select(SkillAttachment).where(SkillAttachment.skill_id == skill.id, SkillAttachment.id.in_(wanted))
    found = list(db.session.scalars(query.order_by(SkillAttachment.id)))
    if unknown := wanted - {attachment.id for attachment in found}:
        raise Invalid.field("remove_attachment_ids", f"This skill has no attachment {min(unknown)}.")
    with transaction() as after_commit:
        for attachment in found:
            db.session.delete(attachment)
            after_commit(stored_files.store().delete, attachment.file_key)
    return [attachment.name for attachment in found]
