"""Creating, editing and sorting boards: for admins."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from helix import live, queue
from helix.db.locking import lock
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, Invalid
from helix.extensions import db
from helix.models import Board, Department
from helix.models.vocabulary import BoardLevel, TaskStatus
from helix.policies import boards as policy
from helix.policies.actor import Actor
from helix.services import activity, settings
from helix.services.access import refuse_api_tokens
from helix.services.boards import keys, lookup, permissions
from helix.services.conflicts import IsUnchanged, StaleEdit
from helix.services.required_rows import get_required, required

MAX_KEY_LENGTH = 80


def normalize_name(name: str) -> tuple[str, str]:
    """The name with normalized white space, and its case-insensitive key. Raises Invalid when empty or too long."""
    name = " ".join(name.split())
    key = name.casefold()
    if not name:
        raise Invalid.field("name", "Give a name.")
    if len(key) > MAX_KEY_LENGTH:  # case folding makes some texts longer
        raise Invalid.field("name", f"The name is too long: {MAX_KEY_LENGTH} characters at most.")
    return name, key


def describe_counts(holds: Mapping[str, int]) -> str:
    """Format `{"board": 2, "agent": 1, "archived task": 0}` as "2 boards and 1 agent"."""
    words = [f"{number} {word}{'' if number == 1 else 's'}" for word, number in holds.items() if number]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


WipLimits = dict[TaskStatus, int | None]


def create(
    actor: Actor,
    *,
    name: str,
    department_id: int,
    description: str = "",
    key: str | None = None,
    sort_order: int | None = None,
    wip_limits: WipLimits | None = None,
    default_level: BoardLevel | None = None,
) -> Board:
    """Create a board, by default as the last of its department. For admins.

    `default_level` is the level of members without a grant; None: the organization's. Raises Conflict when the
    department has a board of that name, Invalid for an unknown department, Forbidden for an API token that would give
    members more than the organization's default.
    """
    require_admin(actor)
    if default_level is not None and default_level > settings.organization().default_board_level:
        refuse_api_tokens(actor)
    with transaction() as after_commit:
        department = _lock_department(department_id)
        name = _free_name(name, department)
        if sort_order is None:
            last = select(func.max(Board.sort_order)).where(Board.department_id == department.id)
            sort_order = (db.session.scalar(last) or 0) + 1
        board = Board(
            name=name,
            department_id=department.id,
            description=description,
            key=keys.checked_key(key) if key else keys.free_key(name),
            sort_order=sort_order,
            wip_limits=_limits({}, wip_limits or {}),
            default_level=default_level,
        )
        db.session.add(board)
        db.session.flush()
        activity.record(actor, "board.created", "board", board.id, name, board_id=board.id)
        after_commit(live.publish, "board", board.id, board_id=board.id)
    return board


def edit(actor: Actor, board_id: int, changes: dict[str, Any], *, is_unchanged: IsUnchanged | None = None) -> Board:
    """Apply the fields that were sent: name, description, key, department_id, sort_order, wip_limits (None
    removes one), default_level (None: the organization's).

    For admins; only WIP limits also for users who manage the board. Raises StaleEdit when `is_unchanged` returns False
    for the locked row.
    """
    if changes.keys() == {"wip_limits"}:
        lookup.get(actor, board_id, to=policy.may_manage)
    else:
        require_admin(actor)
    with transaction() as after_commit:
        home = _target_department(board_id, changes)
        board = required(lock(Board, board_id), "board")
        if is_unchanged and not is_unchanged(board):
            raise StaleEdit("board", {"name": board.name})
        changes = dict(changes)
        if "default_level" in changes:
            permissions.set_default(actor, board.id, changes.pop("default_level"))
        if home is not None:
            changes["name"] = _free_name(changes.get("name", board.name), home, besides=board.id)
        if "key" in changes:
            changes["key"] = keys.checked_key(changes["key"] or "", besides=board.id)
        if "wip_limits" in changes:
            changes["wip_limits"] = _limits(board.wip_limits, changes["wip_limits"])
        changed = sorted(name for name, value in changes.items() if getattr(board, name) != value)
        for name in changed:
            setattr(board, name, changes[name])
        if changed:
            activity.record(actor, "board.updated", "board", board.id, board.name, board_id=board.id, fields=changed)
            after_commit(live.publish, "board", board.id, board_id=board.id)
        if "wip_limits" in changed:
            after_commit(queue.wake)  # runs may have waited for room in the Review column
    return board


def require_admin(actor: Actor) -> None:
    if not policy.may_write(actor):
        raise Forbidden("Only admins can add, change and delete boards.")


def _target_department(board_id: int, changes: dict[str, Any]) -> Department | None:
    """The department in which the name must be unique, locked; None when neither department nor name changes."""
    if "department_id" in changes:
        return _lock_department(changes["department_id"])
    if "name" not in changes:
        return None
    present = db.session.scalar(select(Board.department_id).where(Board.id == board_id))
    return _lock_department(present) if present else None


def _lock_department(department_id: int) -> Department:
    """The department, locked, so that concurrent requests cannot use the same board name. Raises Invalid."""
    department = lock(Department, department_id)
    if department is None:
        raise Invalid.field("department_id", f"There is no department {department_id}.")
    return department


def _free_name(name: str, department: Department, *, besides: int | None = None) -> str:
    name, key = normalize_name(name)
    others = select(Board.name).where(Board.department_id == department.id, Board.id != (besides or 0))
    if any(normalize_name(other)[1] == key for other in db.session.scalars(others)):
        raise Conflict(f"{department.name} already has a board {name}. Choose another name.")
    return name


def _limits(present: dict[str, Any], sent: WipLimits) -> dict[str, int]:
    """The present limits updated with the sent ones; None removes a limit."""
    limits = present | {str(status): limit for status, limit in sent.items()}
    return {status: limit for status, limit in limits.items() if limit is not None}


def move_board(actor: Actor, board_id: int, by: int) -> None:
    """Move a board within its department: `by` -1 is one place up, 3 is three down, limited to the ends. For admins."""
    require_admin(actor)
    with transaction() as after_commit:
        board = get_required(Board, board_id, "board")
        query = select(Board).where(Board.department_id == board.department_id)
        siblings = db.session.scalars(query.order_by(Board.sort_order, Board.id).with_for_update()).all()
        if _move_row(siblings, board, by):
            activity.record(
                actor, "board.updated", "board", board.id, board.name, board_id=board.id, fields=["sort_order"]
            )
            after_commit(live.publish, "board", board.id, board_id=board.id)


def move_department(actor: Actor, department_id: int, by: int) -> None:
    """Move a department, as `move_board` moves a board. For admins."""
    require_admin(actor)
    with transaction() as after_commit:
        department = get_required(Department, department_id, "department")
        query = select(Department).order_by(Department.sort_order, Department.id).with_for_update()
        if _move_row(db.session.scalars(query).all(), department, by):
            activity.record(
                actor, "department.updated", "department", department.id, department.name, fields=["sort_order"]
            )
            after_commit(live.publish, "board")


def _move_row(rows: Sequence[Any], row: Any, by: int) -> bool:
    """Move `row` and renumber all of them: rows with equal numbers could not be swapped. Returns whether it moved."""
    order = list(rows)
    old_index = order.index(row)
    new_index = min(max(old_index + by, 0), len(order) - 1)
    if new_index == old_index:
        return False
    order.insert(new_index, order.pop(old_index))
    for place, other in enumerate(order, start=1):
        other.sort_order = place
    return True
