"""The sample organization of a new installation: which rows it is, and its removal without what people have added.

docs/decisions/0021-sample-data.md says what counts as taken over.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, true

from helix import clock, live, queue
from helix.clock import iso
from helix.db.locking import lock_one
from helix.db.transaction import transaction
from helix.errors import Forbidden
from helix.extensions import db
from helix.models import (
    Activity,
    Agent,
    Board,
    Comment,
    Department,
    Notification,
    Organization,
    SampleRow,
    SavedView,
    Skill,
    SkillAgent,
    SkillBoard,
    Task,
    User,
    Workflow,
    WorkflowRun,
)
from helix.models.vocabulary import ActorType
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import activity, settings

# In the order of the removal: nothing refers to a row that an earlier step has left.
TABLES: tuple[tuple[str, Any], ...] = (
    ("task", Task),
    ("agent", Agent),
    ("skill", Skill),
    ("workflow", Workflow),
    ("board", Board),
    ("department", Department),
    ("user", User),
)
# Changes of these fields make a row one's own. Others, such as a priority or an agent's pause, are trying things out.
OWN_FIELDS: Mapping[str, frozenset[str]] = {
    "task": frozenset({"title", "description", "result", "attachments"}),
    "agent": frozenset({"name", "role_title", "system_prompt", "notes", "skills", "ai_model_id", "avatar"}),
    "board": frozenset({"name", "description"}),
    "department": frozenset({"name"}),
    "workflow": frozenset({"name", "description", "draft"}),
}


@dataclass
class Removal:
    """Numbers of rows removed, and names of those that were kept, both by kind: task, agent, skill and so on."""

    removed: dict[str, int] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)


def record() -> None:
    """Note every row there is as sample, but for people with a password. For the loader of an empty database."""
    with transaction():
        row = settings.organization()
        for kind, table in TABLES:
            known = select(SampleRow.row_id).where(SampleRow.table_name == kind)
            of_sample = User.password_hash.is_(None) if table is User else true()
            ids = db.session.scalars(select(table.id).where(of_sample, table.id.not_in(known))).all()
            db.session.add_all(SampleRow(table_name=kind, row_id=id) for id in ids)
        row.sample_data = {"loaded_at": iso(clock.now()), "dismissed": False}


def counts(actor: Actor) -> dict[str, int]:
    """How many sample rows there are of each kind. Empty: there is no sample. For admins."""
    _require_admin(actor)
    kinds = db.session.scalars(select(SampleRow.table_name)).all()
    return {kind: kinds.count(kind) for kind, _table in TABLES if kind in kinds}


def dismiss(actor: Actor) -> None:
    """Hide the banner for everybody: the sample stays. For admins."""
    _require_admin(actor)
    with transaction():
        row = lock_one(Organization, 1)
        if row.sample_data:
            row.sample_data = row.sample_data | {"dismissed": True}


def remove(actor: Actor) -> Removal:
    """Remove the sample in one transaction, but for what people have taken over. Safe to repeat. For admins."""
    _require_admin(actor)
    outcome = Removal()
    with transaction() as after_commit:
        settings.organization()
        row = lock_one(Organization, 1)
        if row.sample_data is None:
            return outcome
        since = datetime.fromisoformat(row.sample_data["loaded_at"])
        for kind, table in TABLES:
            found = select(SampleRow.row_id).where(SampleRow.table_name == kind)
            # Locked, so that nobody adds to a row between the look at it and its removal.
            sample = set(
                db.session.scalars(
                    select(table.id).where(table.id.in_(found)).order_by(table.id).with_for_update(of=table)
                )
            )
            own = _taken_over(kind, table, sample, since)
            gone = sample - own
            if table is User:
                gone -= {actor.user_id}
            _delete(kind, table, gone)
            outcome.removed[kind] = len(gone)
            outcome.kept[kind] = _names(table, own)
        db.session.execute(delete(SampleRow))
        row.sample_data = None
        total = sum(outcome.removed.values())
        activity.record(actor, "settings.updated", "settings", 1, row.name, fields=["sample_data"], removed=total)
        after_commit(queue.wake)
        for event in ("board", "agent", "user"):
            after_commit(live.publish, event)
    return outcome


def _require_admin(actor: Actor) -> None:
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can see and remove the sample data.")


def _taken_over(kind: str, table: Any, ids: set[int], since: datetime) -> set[int]:
    """The rows of `ids` that people have made their own since then, or that something that stays refers to."""
    own = _changed(kind, ids, since) | _referenced(table, ids)
    if table is Task:
        written = select(Comment.task_id).where(Comment.user_id.is_not(None), Comment.created_at > since)
        own |= ids & set(db.session.scalars(written))
    elif table is Skill:
        # Agents that stay keep what they know.
        own |= ids & set(db.session.scalars(select(SkillAgent.skill_id)))
    elif table is Workflow:
        own |= ids & set(db.session.scalars(select(WorkflowRun.workflow_id)))
    elif table is Board:
        own |= ids & set(db.session.scalars(select(SavedView.board_id)))
        of_sample = select(SampleRow.row_id).where(SampleRow.table_name == "skill")
        own |= ids & set(db.session.scalars(select(SkillBoard.board_id).where(SkillBoard.skill_id.not_in(of_sample))))
    elif table is User:
        came = select(User.id).where(or_(User.password_hash.is_not(None), User.avatar_key.is_not(None)))
        acted = select(Activity.actor_id).where(Activity.actor_type == ActorType.USER, Activity.created_at > since)
        own |= ids & (set(db.session.scalars(came)) | set(db.session.scalars(acted)))
    return own


def _changed(kind: str, ids: set[int], since: datetime) -> set[int]:
    """Which of the rows a person has changed in a way that makes them his own, as the activity tells."""
    found = db.session.execute(
        select(Activity.entity_id, Activity.action, Activity.details).where(
            Activity.entity_type == kind, Activity.actor_type == ActorType.USER, Activity.created_at > since
        )
    )
    return {id for id, action, details in found if id in ids and _is_own(kind, action, details)}


def _is_own(kind: str, action: str, details: Mapping[str, Any]) -> bool:
    if action in ("tool.granted", "user.invited", "skill.updated"):
        return True
    return action == f"{kind}.updated" and not OWN_FIELDS.get(kind, frozenset()).isdisjoint(details.get("fields", ()))


def _referenced(table: Any, ids: Collection[int]) -> set[int]:
    """Which of the rows others refer to that would not go with them."""
    found: set[int] = set()
    for other in db.metadata.sorted_tables:
        for key in other.foreign_keys:
            if key.column.table is table.__table__ and key.ondelete is None:
                found |= set(db.session.scalars(select(key.parent).where(key.parent.in_(ids)).distinct()))
    return found


def _delete(kind: str, table: Any, ids: Iterable[int]) -> None:
    """Delete the rows with what hangs on them, and what was said of them in the activity and in notifications."""
    ids = list(ids)
    if not ids:
        return
    about: list[ColumnElement[bool]] = [(Activity.entity_type == kind) & Activity.entity_id.in_(ids)]
    if table is Agent:
        about.append(Activity.agent_id.in_(ids))
        about.append((Activity.actor_type == ActorType.AGENT) & Activity.actor_id.in_(ids))
    if table is Board:
        about.append(Activity.board_id.in_(ids))
    db.session.execute(delete(Activity).where(or_(*about)).execution_options(synchronize_session=False))
    if table is Task:
        told = delete(Notification).where(Notification.target_type == "task", Notification.target_id.in_(ids))
        db.session.execute(told.execution_options(synchronize_session=False))
    db.session.execute(delete(table).where(table.id.in_(ids)).execution_options(synchronize_session=False))
    db.session.expire_all()


def _names(table: Any, ids: Collection[int]) -> list[str]:
    name = table.title if table is Task else table.name
    return list(db.session.scalars(select(name).where(table.id.in_(ids)).order_by(table.id)))
