"""Departments: read by everyone, created, edited and deleted by admins."""

from typing import Any

from sqlalchemy import func, select, update

from helix import live
from helix.db.locking import lock
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import Agent, Board, Department
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.access import on_visible_boards
from helix.services.boards.write import describe_counts, normalize_name
from helix.services.conflicts import IsUnchanged, StaleEdit, conflict_on_duplicate
from helix.services.required_rows import get_required, required

NAME_TAKEN = "There is already a department {name}. Choose another name."


def departments() -> list[Department]:
    return list(db.session.scalars(select(Department).order_by(Department.sort_order, Department.id)))


def get_department(department_id: int) -> Department:
    return get_required(Department, department_id, "department")


def serialize_departments(actor: Actor, departments: list[Department]) -> list[dict[str, Any]]:
    """The API representation, with the numbers of agents and of boards that the actor sees."""
    ids = [department.id for department in departments]
    boards = dict(
        db.session.execute(
            select(Board.department_id, func.count())
            .where(Board.department_id.in_(ids), on_visible_boards(actor, Board.id))
            .group_by(Board.department_id)
        ).all()
    )
    agents = dict(
        db.session.execute(
            select(Agent.department_id, func.count())
            .where(Agent.department_id.in_(ids), Agent.deleted_at.is_(None))
            .group_by(Agent.department_id)
        ).all()
    )
    return [
        {
            "id": department.id,
            "name": department.name,
            "emoji": department.emoji,
            "sort_order": department.sort_order,
            "board_count": boards.get(department.id, 0),
            "agent_count": agents.get(department.id, 0),
        }
        for department in departments
    ]


def create_department(actor: Actor, *, name: str, emoji: str = "", sort_order: int | None = None) -> Department:
    """Create a department, by default as the last one. Raises Conflict when the name is taken. For admins."""
    _require_admin(actor)
    with transaction() as after_commit:
        name, key = _free_name(name)
        if sort_order is None:
            sort_order = (db.session.scalar(select(func.max(Department.sort_order))) or 0) + 1
        department = Department(name=name, name_key=key, emoji=emoji, sort_order=sort_order)
        with conflict_on_duplicate(NAME_TAKEN.format(name=name)):
            db.session.add(department)
        activity.record(actor, "department.created", "department", department.id, name)
        after_commit(live.publish, "board")
    return department


def edit_department(
    actor: Actor, department_id: int, changes: dict[str, Any], *, is_unchanged: IsUnchanged | None = None
) -> Department:
    """Apply the fields that were sent: name, emoji, sort_order. For admins.

    Raises StaleEdit when `is_unchanged` returns False for the locked row.
    """
    _require_admin(actor)
    with transaction() as after_commit:
        department = required(lock(Department, department_id), "department")
        if is_unchanged and not is_unchanged(department):
            raise StaleEdit("department", {"name": department.name})
        if "name" in changes:
            name, key = _free_name(changes["name"], besides=department.id)
            changes = changes | {"name": name}
            with conflict_on_duplicate(NAME_TAKEN.format(name=name)):
                department.name_key = key
        changed = sorted(name for name, value in changes.items() if getattr(department, name) != value)
        for name in changed:
            setattr(department, name, changes[name])
        if changed:
            activity.record(actor, "department.updated", "department", department.id, department.name, fields=changed)
            after_commit(live.publish, "board")
    return department


def delete_department(actor: Actor, department_id: int, *, move_to: int | None = None) -> None:
    """Delete a department. Its boards and agents move to the department `move_to`. For admins.

    Raises Conflict with the counts when it is not empty and `move_to` is None.
    """
    _require_admin(actor)
    with transaction() as after_commit:
        # Lock in the order of the ids to avoid deadlocks.
        locked = {id: lock(Department, id) for id in sorted({department_id, move_to or department_id})}
        department, target = locked[department_id], locked[move_to] if move_to else None
        if department is None:
            raise NotFound("There is no such department.")
        if move_to is not None and (target is None or target is department):
            raise Invalid.field("move_to", f"There is no other department {move_to}.")
        boards = db.session.execute(select(Board.name).where(Board.department_id == department_id)).scalars().all()
        agents = db.session.scalar(
            select(func.count()).where(Agent.department_id == department_id, Agent.deleted_at.is_(None))
        )
        if target is None and (boards or agents):
            holds = {"board": len(boards), "agent": agents or 0}
            raise Conflict(
                f"{department.name} still holds {describe_counts(holds)}. Move them first, or name with "
                "`move_to` the department that they go to.",
                holds={"boards": len(boards), "agents": agents or 0},
            )
        if target is not None:
            _refuse_duplicate_boards(target, boards)
            db.session.execute(
                update(Board).where(Board.department_id == department_id).values(department_id=target.id)
            )
        db.session.execute(
            update(Agent)
            .where(Agent.department_id == department_id)
            .values(department_id=target.id if target else None)
        )
        db.session.delete(department)
        details: dict[str, Any] = {"moved_to": target.name} if target else {}
        activity.record(actor, "department.deleted", "department", department_id, department.name, **details)
        after_commit(live.publish, "board")


def _require_admin(actor: Actor) -> None:
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can add, change and delete departments.")


def _free_name(name: str, *, besides: int | None = None) -> tuple[str, str]:
    name, key = normalize_name(name)
    if db.session.scalar(select(Department.id).where(Department.name_key == key, Department.id != (besides or 0))):
        raise Conflict(NAME_TAKEN.format(name=name))
    return name, key


def _refuse_duplicate_boards(target: Department, arriving: Any) -> None:
    present = {
        normalize_name(name)[1]
        for name in db.session.scalars(select(Board.name).where(Board.department_id == target.id))
    }
    duplicates = [name for name in arriving if normalize_name(name)[1] in present]
    if duplicates:
        raise Conflict(f"{target.name} already has a board {duplicates[0]}. Rename one of the two first.")
