"""Every saved version of a skill is kept and can be restored."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, select

from helix import clock
from helix.clock import iso
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Skill, SkillVersion, User
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.skills import links, lookup
from helix.text import diff

# The fields of a version. Assigned agents and `is_active` are not part of it.
SNAPSHOT_FIELDS = (
    "name",
    "description",
    "category",
    "tags",
    "content",
    "version",
    "activation_mode",
    "activation_board_ids",
    "activation_tags",
    "extra",
    "front_matter",
)
# Stored for exporting and restoring, but not shown.
HIDDEN_FIELDS = ("extra", "front_matter")
CONTEXT_LINES = 3
# The largest value of the integer column.
MAX_INTEGER = 2**31 - 1


def save_version(actor: Actor, skill: Skill) -> None:
    """Save the present state of a locked skill as a new version, inside the current transaction."""
    db.session.flush()
    last = db.session.scalar(select(func.max(SkillVersion.number)).where(SkillVersion.skill_id == skill.id)) or 0
    db.session.add(
        SkillVersion(
            skill_id=skill.id,
            number=last + 1,
            version=skill.version,
            snapshot=snapshot(skill),
            user_id=actor.user_id,
            created_at=clock.now(),
        )
    )


def snapshot(skill: Skill) -> dict[str, Any]:
    boards = {"activation_board_ids": links.board_ids(skill)}
    return {name: boards[name] if name in boards else getattr(skill, name) for name in SNAPSHOT_FIELDS}


def versions(skill_id: int, *, limit: int, offset: int = 0) -> tuple[list[dict[str, Any]], int]:
    """One page of a skill's versions, newest first, without their texts; and the total number of versions."""
    lookup.get(skill_id)
    newest = newest_number(skill_id)
    rows = db.session.execute(
        _select_briefly()
        .where(SkillVersion.skill_id == skill_id)
        .order_by(SkillVersion.number.desc())
        .limit(limit)
        .offset(offset)
    )
    return [_serialize_briefly(row, newest) for row in rows], newest


def version(actor: Actor, skill_id: int, number: int) -> dict[str, Any]:
    """One version with all its fields, and its differences from the version before."""
    lookup.get(skill_id)
    now = get_snapshot(skill_id, number)
    query = _select_briefly().where(SkillVersion.skill_id == skill_id, SkillVersion.number == number)
    row = db.session.execute(query).one()
    before = get_snapshot(skill_id, number - 1) if number > 1 else {}
    lines = diff.lines(before.get("content", ""), now["content"], context=CONTEXT_LINES)
    fields = {name: now.get(name) for name in SNAPSHOT_FIELDS if name not in HIDDEN_FIELDS}
    fields["activation_board_ids"] = [
        board for board in now.get("activation_board_ids", ()) if actor.level_on(board) >= BoardLevel.VIEW
    ]
    return {
        **_serialize_briefly(row, newest_number(skill_id)),
        **fields,
        "changed": _changed_fields(before, now),
        "difference": [line._asdict() for line in lines],
    }


def get_snapshot(skill_id: int, number: int) -> dict[str, Any]:
    """The fields of a version, with keys from SNAPSHOT_FIELDS. Raises NotFound."""
    query = select(SkillVersion.snapshot).where(SkillVersion.skill_id == skill_id, SkillVersion.number == number)
    snapshot = db.session.scalar(query) if number <= MAX_INTEGER else None
    if snapshot is None:
        raise NotFound(f"This skill has no version number {number}.")
    return snapshot


def newest_number(skill_id: int) -> int:
    """The number of the newest version, which is also the number of versions."""
    return db.session.scalar(select(func.max(SkillVersion.number)).where(SkillVersion.skill_id == skill_id)) or 0


def _select_briefly() -> Any:
    return select(
        SkillVersion.number,
        SkillVersion.version,
        SkillVersion.snapshot["name"].as_string().label("name"),
        SkillVersion.user_id,
        SkillVersion.created_at,
        User,
    ).outerjoin(User, User.id == SkillVersion.user_id)


def _serialize_briefly(row: Row[Any], newest: int) -> dict[str, Any]:
    return {
        "number": row.number,
        "version": row.version,
        "name": row.name,
        "is_current": row.number == newest,
        "created_by_user_id": row.user_id,
        "created_by_name": row.User.shown_name if row.User else None,
        "created_at": iso(row.created_at),
    }


def _changed_fields(before: dict[str, Any], now: dict[str, Any]) -> Sequence[str]:
    """The names of the fields that differ; empty for the first version."""
    seen = (name for name in SNAPSHOT_FIELDS if name != "front_matter")
    return [name for name in seen if name in before and before[name] != now.get(name)] if before else []


def record_change(
    actor: Actor, skill: Skill, changed: Sequence[str], *, action: str = "skill.updated", **details: Any
) -> None:
    """Record the changed fields in the activity, if there are any, inside the current transaction."""
    if not changed:
        return
    skill.updated_at = clock.now()
    activity.record(
        actor, action, "skill", skill.id, skill.name, fields=sorted(changed), version=skill.version, **details
    )
