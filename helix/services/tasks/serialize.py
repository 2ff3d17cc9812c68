"""Serialization of tasks: one dictionary for the API and for templates.

Read as plain rows, with all that belongs to a task in the same statement: on a board there are hundreds.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, select
from sqlalchemy.orm import aliased

from helix.clock import iso
from helix.db.id_list import one_of
from helix.db.read import rows
from helix.models import Agent, Board, Run, Task, TaskWatch, User
from helix.models.types import DERIVED
from helix.models.vocabulary import AgentStatus, Priority
from helix.policies.actor import Actor
from helix.services import accounts
from helix.services.tasks import needs
from helix.services.work import lookup, waiting_reasons
from helix.services.work.agent_status import status_of
from helix.text import task_keys

_Last = aliased(Run, name="last_run")
_Creator = aliased(User, name="creator")
_Person = aliased(User, name="assigned_person")

_COLUMNS = [column for column in Task.__table__.c if DERIVED not in column.info]

# `viewer` is the id of the user who asks.
_QUERY = (
    select(
        *_COLUMNS,
        Board.key.label("board_key"),
        Agent.name.label("agent_name"),
        Agent.role_title.label("agent_role_title"),
        Agent.deleted_at.label("agent_deleted_at"),
        status_of.label("agent_status"),
        _Creator.name.label("creator_name"),
        _Creator.avatar_key.label("creator_avatar_key"),
        _Creator.closed_at.label("creator_closed_at"),
        _Person.name.label("person_name"),
        _Person.avatar_key.label("person_avatar_key"),
        _Person.closed_at.label("person_closed_at"),
        _Last.id.label("run_id"),
        _Last.status.label("run_status"),
        _Last.reason.label("run_reason"),
        _Last.message.label("run_message"),
        _Last.attempt.label("run_attempt"),
        _Last.cost_usd.label("run_cost_usd"),
        _Last.started_at.label("run_started_at"),
        _Last.finished_at.label("run_finished_at"),
        TaskWatch.watching,
    )
    .select_from(Task)
    .join(Board, Board.id == Task.board_id)
    .outerjoin(Agent, Agent.id == Task.assigned_agent_id)
    .outerjoin(_Creator, _Creator.id == Task.created_by_user_id)
    .outerjoin(_Person, _Person.id == Task.assigned_user_id)
    .outerjoin(_Last, _Last.id == Task.last_run_id)
    .outerjoin(TaskWatch, and_(TaskWatch.task_id == Task.id, TaskWatch.user_id == bindparam("viewer")))
)
_BOARD_KEY = select(Board.key).where(Board.id == bindparam("board_id"))
_NAMES = tuple(column.name for column in _QUERY.selected_columns)
AGENT_STATUS = {str(status): status for status in AgentStatus}
_ONE = _QUERY.where(Task.id == bindparam("task_id"))
_SOME = _QUERY.where(one_of(Task.id, "task_ids"))


def serialize_one(actor: Actor, task: Task) -> dict[str, Any]:
    """One task whose visibility was checked already."""
    return _serialize_rows(actor, rows(_ONE, viewer=actor.user_id or 0, task_id=task.id))[0]


def serialize_new(actor: Actor, task: Task) -> dict[str, Any]:
    """A task that the actor has just created. With nobody assigned, its related data is known and not queried."""
    if task.assigned_agent_id is not None or task.assigned_user_id is not None or actor.user_id is None:
        return serialize_one(actor, task)
    row = dict.fromkeys(_NAMES) | {column.key: getattr(task, column.key) for column in _COLUMNS}
    row["board_key"] = rows(_BOARD_KEY, board_id=task.board_id)[0].key
    maker = accounts.actor_cache.profile(actor)
    return _serialize_row(row, {}, actor) | {"created_by": {name: maker[name] for name in ("id", "name", "avatar_url")}}


def serialize_many(
    actor: Actor, tasks: Sequence[Task], waiting: "waiting_reasons.Reasons | None" = None
) -> list[dict[str, Any]]:
    """Any number of tasks in a constant number of statements. `waiting` are the waiting reasons, if known already."""
    return serialize_by_ids(actor, [task.id for task in tasks], waiting)


def get_serialized(actor: Actor, task_id: int) -> dict[str, Any]:
    """One task, if the actor sees it. Raises NotFound."""
    matching = rows(_ONE, viewer=actor.user_id or 0, task_id=task_id)
    lookup.refuse_unseen(actor, matching[0] if matching else None)
    return _serialize_rows(actor, matching)[0]


def serialize_by_ids(
    actor: Actor, task_ids: Collection[int], waiting: "waiting_reasons.Reasons | None" = None
) -> list[dict[str, Any]]:
    """In the order of the ids, whose visibility was checked already; tasks deleted meanwhile are omitted."""
    if not task_ids:
        return []
    matching = rows(_SOME, viewer=actor.user_id or 0, task_ids=list(task_ids))
    by_id = {task["id"]: task for task in _serialize_rows(actor, matching, waiting)}
    return [by_id[task_id] for task_id in task_ids if task_id in by_id]


def in_order(ids: Select[Any], order: Sequence[Any]) -> Select[Any]:
    """Select the tasks of a query of ids, which has its own limit."""
    # A nested select, since not every database allows LIMIT directly inside IN.
    page = select(ids.order_by(*order).subquery().c.id)
    return _QUERY.where(Task.id.in_(page)).order_by(*order)


def shown_as_found(actor: Actor, query: Select[Any]) -> list[dict[str, Any]]:
    """Serialize the tasks of a query by `in_order`."""
    return _serialize_rows(actor, rows(query, viewer=actor.user_id or 0))


def _serialize_rows(
    actor: Actor, matching: Sequence[Row[*tuple[Any, ...]]], waiting: "waiting_reasons.Reasons | None" = None
) -> list[dict[str, Any]]:
    # Each column is accessed several times: faster in a dictionary than in a row.
    named = [dict(zip(_NAMES, row, strict=True)) for row in matching]
    waiting_ids = [row["run_id"] for row in named if row["run_status"] and row["run_status"].waits]
    reasons = waiting_reasons.reasons(waiting_ids, actor.zone) if waiting is None else waiting
    blocked = needs.blocked(actor, [row["id"] for row in named if row["blocked_count"]])
    return [_serialize_row(row, reasons, actor, blocked.get(row["id"])) for row in named]


def _serialize_row(
    row: dict[str, Any], reasons: "waiting_reasons.Reasons", actor: Actor, blocked: "needs.Blocked | None" = None
) -> dict[str, Any]:
    mine = actor.user_id is not None and actor.user_id in (row["created_by_user_id"], row["assigned_user_id"])
    return {
        "id": row["id"],
        "key": task_keys.readable(row["board_key"], row["id"]),
        "version": row["version"],
        "title": row["title"],
        "description": row["description"],
        "status": row["status"],
        "priority": Priority.at(row["priority_rank"]),
        "board_id": row["board_id"],
        "position": row["position"],
        "assigned_agent_id": row["assigned_agent_id"],
        "assigned_agent": _agent(row) if row["assigned_agent_id"] else None,
        "assigned_user_id": row["assigned_user_id"],
        "assigned_user": _user(row, "person", row["assigned_user_id"]) if row["person_name"] else None,
        "created_by_user_id": row["created_by_user_id"],
        "created_by": _user(row, "creator", row["created_by_user_id"]) if row["created_by_user_id"] else None,
        "due_date": iso(row["due_at"]),
        "tags": row["tags"],
        "requires_approval": row["requires_approval"],
        "result": row["result"],
        "result_truncated": row["result_truncated"],
        "result_edited_by_user_id": row["result_edited_by_user_id"],
        "result_edited_at": iso(row["result_edited_at"]),
        "approved_by_user_id": row["approved_by_user_id"],
        "approved_at": iso(row["approved_at"]),
        "archived": row["archived"],
        "comment_count": row["comment_count"],
        "attachment_count": row["attachment_count"],
        "last_run": _run(row) if row["run_id"] else None,
        "waiting": reasons.get(row["run_id"]) if row["run_id"] else None,
        "blocked": blocked is not None,
        "blocked_by": list(blocked.by) if blocked else [],
        "blocked_by_hidden": blocked.hidden if blocked else 0,
        "blocked_message": blocked.message if blocked else None,
        "run_when_ready": bool(row["run_when_ready"]),
        "auto_stopped": row["auto_stopped"],
        "watching": mine if row["watching"] is None else row["watching"],
        "created_at": iso(row["created_at"]),
        "updated_at": iso(row["updated_at"]),
        "completed_at": iso(row["completed_at"]),
    }


def _agent(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["assigned_agent_id"],
        "name": Agent.name_shown(row["agent_name"], row["agent_deleted_at"]),
        "role_title": row["agent_role_title"],
        "status": AGENT_STATUS[row["agent_status"]],
    }


def _user(row: dict[str, Any], part: str, user_id: int) -> dict[str, Any]:
    """The person whose columns begin with `part` in the row."""
    return {
        "id": user_id,
        "name": User.name_shown(row[f"{part}_name"], row[f"{part}_closed_at"]),
        "avatar_url": User.avatar_at(row[f"{part}_avatar_key"]),
    }


def _run(row: dict[str, Any]) -> dict[str, Any]:
    """The summary of its last run inside a task."""
    return {
        "id": row["run_id"],
        "status": row["run_status"],
        "reason": row["run_reason"],
        "message": row["run_message"],
        "attempt": row["run_attempt"],
        "cost_usd": None if row["run_cost_usd"] is None else float(row["run_cost_usd"]),
        "started_at": iso(row["run_started_at"]),
        "finished_at": iso(row["run_finished_at"]),
    }
