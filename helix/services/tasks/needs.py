"""What tasks need and what needs them, as the actor may see it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, bindparam, exists, false, func, literal, select, union_all
from sqlalchemy.orm import aliased

from helix.db.id_list import one_of
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.errors import Invalid, NotFound
from helix.models import Board, Run, Task, TaskLink
from helix.models.types import Id, UtcDateTime
from helix.models.vocabulary import BoardLevel, LinkUntil, TaskStatus
from helix.policies import needs as policy
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.tasks import create as creation
from helix.services.work import links, live_runs, lookup
from helix.services.work.links import MAX_NEEDS
from helix.text import task_keys

Other = aliased(Task, name="linked_task")
Below = aliased(Task, name="task_below")
__all__ = ["MAX_NEEDS", "Blocked", "blocked", "create", "do_without", "linked", "need"]

# How a needed task stands, inside a sentence.
STATES = {
    TaskStatus.TODO: "to do",
    TaskStatus.IN_PROGRESS: "in progress",
    TaskStatus.REVIEW: "in review",
    TaskStatus.APPROVED: "approved",
    TaskStatus.DONE: "done",
    TaskStatus.REJECTED: "sent back",
    TaskStatus.CANCELLED: "cancelled",
}


@dataclass(frozen=True)
class Blocked:
    """The unmet needs of one task: the ids of those that the actor sees, the number of others, and a sentence."""

    by: tuple[int, ...]
    hidden: int
    message: str


def linked(actor: Actor, task_id: int) -> dict[str, Any]:
    """{needs, needed_by}: the linked tasks that the actor sees, by id, and the numbers of those hidden from them.

    Raises NotFound when the actor does not see the task.
    """
    lookup.see(actor, task_id)
    return of_visible(actor, task_id)


def of_visible(actor: Actor, task_id: int) -> dict[str, Any]:
    """As `linked`, for a task that the caller has checked. One statement."""
    found = sorted(rows(_LINKED, of_task=task_id), key=lambda row: row.id)
    sides = [[row for row in found if row.relation == relation] for relation in ("need", "needed_by")]
    (needs, needs_hidden), (needed_by, needed_by_hidden) = (_seen(actor, side) for side in sides)
    return {
        "needs": needs,
        "needs_hidden": needs_hidden,
        "needed_by": needed_by,
        "needed_by_hidden": needed_by_hidden,
        "tree": _tree(actor, [row for row in found if row.relation == "tree"]),
    }


def _tree(actor: Actor, found: list[Any]) -> list[dict[str, Any]]:
    """The tasks of a tree of delegation that the actor sees: each after the one that it belongs to."""
    seen = [row for row in found if actor.level_on(row.board_id) >= BoardLevel.VIEW]
    ids, ordered = {row.id for row in seen}, []

    def add(parent_id: int | None) -> None:
        for row in seen:
            if (row.parent_task_id if row.parent_task_id in ids else None) == parent_id:
                ordered.append(row)
                add(row.id)

    add(None)
    return [
        {
            "id": row.id,
            "key": task_keys.readable(row.board_key, row.id),
            "title": row.title,
            "status": row.status,
            "board_id": row.board_id,
            "parent_task_id": row.parent_task_id,
            "depth": row.depth,
        }
        for row in ordered
    ]


def create(actor: Actor, needs_task_ids: Sequence[int], **fields: Any) -> Task:
    """Create a task that needs others, with the fields of `tasks.create`, in one transaction.

    An agent in auto mode starts when they are there. Raises Invalid at `needs_task_ids` as `need` does.
    """
    if not needs_task_ids:
        return creation.create(actor, **fields)
    with transaction():
        task = creation.create(actor, **fields, starts=False)
        for needed_id in dict.fromkeys(needs_task_ids):
            try:
                need(actor, task.id, needed_id)
            except Invalid as error:
                raise Invalid.field("needs_task_ids", str(error)) from error
        creation.start_by_itself(actor, task, live_runs.agent_for(task))
    return task


def need(actor: Actor, task_id: int, needs_task_id: int, until: LinkUntil | None = None) -> dict[str, Any]:
    """Let a task need another; one that it needs already gets the new `until`. Returns the needed task as `linked`.

    The actor may edit the task and sees the needed one. Raises Conflict while a run of the task is under way, and
    Invalid for what `links.add` refuses.
    """
    with transaction():
        task = lookup.get(actor, task_id, to=lookup.policy.may_edit)
        try:
            needed = lookup.get(actor, needs_task_id)
        except NotFound as error:
            raise Invalid.field("needs_task_id", f"There is no task {needs_task_id}.") from error
        link = links.add(task, needed, until, by=actor.user_id)
        if not link.met:
            live_runs.refuse_while_live(task, "let it wait for another task")
        activity.record_task(actor, "task.need_added", task, needs_task_id=needed.id)
    return next(one for one in linked(actor, task_id)["needs"] if one["id"] == needs_task_id)


def do_without(actor: Actor, task_id: int, needs_task_id: int) -> None:
    """Take a need away. A run that was wished for starts, if nothing else blocks it. Raises NotFound without one."""
    with transaction():
        task = lookup.get_for_update(actor, task_id)
        if not links.remove(task, needs_task_id):
            raise NotFound("This task does not need that one.")
        activity.record_task(actor, "task.need_removed", task, needs_task_id=needs_task_id)


def blocked(actor: Actor, task_ids: Collection[int]) -> dict[int, Blocked]:
    """The unmet needs of those of the tasks that have some. One statement."""
    if not task_ids:
        return {}
    found: dict[int, list[Any]] = {}
    for row in rows(_UNMET, task_ids=list(task_ids)):
        found.setdefault(row.task_id, []).append(row)
    return {task_id: _blocked(actor, unmet) for task_id, unmet in found.items()}


def _blocked(actor: Actor, unmet: list[Any]) -> Blocked:
    seen = [row for row in unmet if actor.level_on(row.board_id) >= BoardLevel.VIEW]
    hidden = len(unmet) - len(seen)
    if not seen:
        others = "a task on another board" if hidden == 1 else f"{hidden} tasks on other boards"
        return Blocked((), hidden, f"Waits for {others}")
    # A need that is gone first: somebody has to decide about it.
    first = min(seen, key=lambda row: not _gone(row))
    more = f", and {len(unmet) - 1} more" if len(unmet) > 1 else ""
    message = (
        f"Waits for {task_keys.readable(first.board_key, first.id)} · {_gone(first) or STATES[first.status]}{more}"
    )
    return Blocked(tuple(row.id for row in seen), hidden, message)


def _others(column: Any) -> Any:
    return (
        select(
            TaskLink.task_id,
            TaskLink.until,
            TaskLink.met,
            TaskLink.created_at.label("linked_at"),
            Other.id,
            Other.title,
            Other.status,
            Other.board_id,
            Other.archived,
            Other.deleted_at,
            Board.key.label("board_key"),
            Other.parent_task_id,
            Other.depth,
            Run.status.label("last_run"),
        )
        .select_from(TaskLink)
        .join(Other, Other.id == column)
        .join(Board, Board.id == Other.board_id)
        .outerjoin(Run, Run.id == Other.last_run_id)
    )


_NOTHING = (literal(None, Id), literal(None, String), false(), literal(None, UtcDateTime).label("linked_at"))
_ROOT = (
    select(func.coalesce(Task.root_task_id, Task.id)).where(Task.id == bindparam("of_task", type_=Id)).scalar_subquery()
)
# The whole tree of delegation that the task is part of. The root is there only if it has subtasks.
_TREE = (
    select(*_NOTHING, Other.id, Other.title, Other.status, Other.board_id, Other.archived, Other.deleted_at)
    .add_columns(Board.key.label("board_key"), Other.parent_task_id, Other.depth, literal(None, String))
    .add_columns(literal("tree").label("relation"))
    .join(Board, Board.id == Other.board_id)
    .where(Other.deleted_at.is_(None))
)
# Both sides of a task's links. A deleted task is still needed, and needs nothing any more.
_LINKED = union_all(
    _others(TaskLink.needs_task_id)
    .add_columns(literal("need").label("relation"))
    .where(TaskLink.task_id == bindparam("of_task", type_=Id)),
    _others(TaskLink.task_id)
    .add_columns(literal("needed_by").label("relation"))
    .where(TaskLink.needs_task_id == bindparam("of_task", type_=Id), Other.deleted_at.is_(None)),
    _TREE.where(Other.root_task_id == _ROOT),
    _TREE.where(Other.id == _ROOT, exists().where(Below.root_task_id == Other.id)),
)
_UNMET = _others(TaskLink.needs_task_id).where(one_of(TaskLink.task_id, "task_ids"), ~TaskLink.met).order_by(Other.id)


def _gone(row: Any) -> str | None:
    return policy.why_no_result(
        row.status, archived=row.archived, deleted=row.deleted_at is not None, last_run=row.last_run
    )


def _seen(actor: Actor, found: list[Any]) -> tuple[list[dict[str, Any]], int]:
    seen = [row for row in found if actor.level_on(row.board_id) >= BoardLevel.VIEW]
    return [_serialize(row) for row in seen], len(found) - len(seen)


def _serialize(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "key": task_keys.readable(row.board_key, row.id),
        "title": row.title,
        "status": row.status,
        "board_id": row.board_id,
        "until": row.until,
        "met": row.met,
        "gone": None if row.met else _gone(row),
    }
