"""Creating, editing, restoring and deleting skills: for admins."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from helix import clock, live
from helix.db.transaction import transaction
from helix.errors import Invalid
from helix.extensions import db
from helix.models import Skill, SkillAttachment
from helix.policies.actor import Actor
from helix.services import activity, stored_files
from helix.services.conflicts import IsUnchanged, StaleEdit
from helix.services.skills import files, history, links, lookup, naming
from helix.services.skills.history import record_change
from helix.services.skills.lookup import get_for_update, require_admin, serialize
from helix.text.versions import FIRST, is_version, next_patch

PLAIN_FIELDS = (
    "description",
    "category",
    "content",
    "version",
    "activation_mode",
    "applies_to_all_agents",
    "is_active",
)


def create(actor: Actor, **fields: Any) -> Skill:
    """Create a skill from the fields of SkillIn. Raises Conflict when the name exists, Invalid for unknown ids."""
    require_admin(actor)
    with transaction():
        skill = insert(actor, **fields)
        activity.record(actor, "skill.created", "skill", skill.id, skill.name, version=skill.version)
    return skill


def insert(
    actor: Actor,
    *,
    name: str,
    tags: Sequence[str] = (),
    activation_board_ids: Sequence[int] = (),
    activation_tags: Sequence[str] = (),
    agent_ids: Sequence[int] = (),
    extra: dict[str, Any] | None = None,
    **plain: Any,
) -> Skill:
    """Insert a skill and its first version inside the current transaction, without an activity entry."""
    now = clock.now()
    plain = {"version": FIRST} | plain
    _refuse_bad_version(plain["version"])
    skill = Skill(
        tags=links.tidy_tags(tags),
        activation_tags=links.tidy_tags(activation_tags),
        extra=extra or {},
        created_by_user_id=actor.user_id,
        created_at=now,
        updated_at=now,
        **plain,
    )
    naming.set_name(skill, name)
    links.index_tags(skill)
    links.set_boards(skill, activation_board_ids)
    links.set_agents(skill, agent_ids)
    history.save_version(actor, skill)
    return skill


def edit(actor: Actor, skill_id: int, changes: dict[str, Any], *, is_unchanged: IsUnchanged | None = None) -> Skill:
    """Apply the fields of SkillPatch that were sent. New content without a version increments the patch number.

    Raises StaleEdit when `is_unchanged` returns False for the locked row.
    """
    require_admin(actor)
    with transaction():
        skill = get_for_update(skill_id)
        if is_unchanged and not is_unchanged(skill):
            raise StaleEdit("skill", serialize(actor, skill))
        changes = dict(changes)
        removed = files.remove_several(skill, changes.pop("remove_attachment_ids", ()))
        changed = apply_changes(actor, skill, changes)
        if removed:
            changed.append("attachments")
        record_change(actor, skill, changed)
    return skill


def apply_changes(actor: Actor, skill: Skill, changes: dict[str, Any]) -> list[str]:
    """Apply changes to a locked skill inside the current transaction, and save a version when needed.

    Returns the names of the fields that changed.
    """
    changed = _apply_plain(skill, changes)
    if "name" in changes and naming.normalize_name(changes["name"])[0] != skill.name:
        naming.set_name(skill, changes["name"])
        changed.append("name")
    if "tags" in changes and links.set_tags(skill, changes["tags"]):
        changed.append("tags")
    if "activation_tags" in changes and links.tidy_tags(changes["activation_tags"]) != skill.activation_tags:
        skill.activation_tags = links.tidy_tags(changes["activation_tags"])
        changed.append("activation_tags")
    if "activation_board_ids" in changes and links.set_boards(skill, changes["activation_board_ids"]):
        changed.append("activation_board_ids")
    if set(changed) & set(history.SNAPSHOT_FIELDS):
        history.save_version(actor, skill)
    if "agent_ids" in changes and set_agents(skill, changes["agent_ids"]):
        changed.append("agents")
    return changed


def set_agents(skill: Skill, agent_ids: Sequence[int]) -> bool:
    """Assign a locked skill to exactly these agents, and refresh the pages of the agents affected."""
    with transaction() as after_commit:
        touched = links.set_agents(skill, agent_ids)
        for agent_id in sorted(touched):
            after_commit(live.publish, "agent", agent_id)
    return bool(touched)


def delete(actor: Actor, skill_id: int) -> None:
    """Delete a skill with its versions and files. For admins."""
    require_admin(actor)
    with transaction() as after_commit:
        skill = get_for_update(skill_id)
        keys = select(SkillAttachment.file_key).where(SkillAttachment.skill_id == skill.id)
        for key in db.session.scalars(keys):
            after_commit(stored_files.store().delete, key)
        activity.record(actor, "skill.deleted", "skill", skill.id, skill.name)
        db.session.delete(skill)


def _apply_plain(skill: Skill, changes: dict[str, Any]) -> list[str]:
    changes = dict(changes)
    if changes.get("content", skill.content) != skill.content and "version" not in changes:
        changes["version"] = next_patch(skill.version)
    if "version" in changes:
        _refuse_bad_version(changes["version"])
    changed = [
        name
        for name in (*PLAIN_FIELDS, "extra", "front_matter")
        if name in changes and changes[name] != getattr(skill, name)
    ]
    for name in changed:
        setattr(skill, name, changes[name])
    return changed


def _refuse_bad_version(version: str) -> None:
    if not is_version(version):
        raise Invalid.field("version", "Write a version such as 1.0.0, by semver.org, with up to 64 characters.")


def restore(actor: Actor, skill_id: int, number: int) -> Skill:
    """Restore a version's fields as a new version, without boards deleted since. For admins.

    Raises NotFound for an unknown version, Conflict when another skill has the name now.
    """
    lookup.require_admin(actor)
    with transaction():
        skill = lookup.get_for_update(skill_id)
        snapshot = history.get_snapshot(skill_id, number)
        changes = {name: snapshot[name] for name in history.SNAPSHOT_FIELDS if name in snapshot and name != "version"}
        changes["activation_board_ids"] = links.existing_boards(snapshot.get("activation_board_ids", ()))
        record_change(actor, skill, apply_changes(actor, skill, changes), restored=number)
    return skill
