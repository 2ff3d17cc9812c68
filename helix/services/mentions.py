"""Autocompletion of @mentions: users and agents."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, literal, or_, select, union_all

from helix.db.read import rows
from helix.folding import fold
from helix.models import Agent, Comment, Name, Task, User
from helix.models.types import Id
from helix.policies.actor import Actor
from helix.services import names
from helix.services.work import lookup

DEFAULT_LIMIT = 10

_ALL = (
    select(
        User.id,
        User.name,
        User.role,
        func.coalesce(User.avatar_key, Agent.avatar_key).label("avatar_key"),
        Name.key,
        Agent.id.label("agent_id"),
        Agent.name.label("agent_name"),
        Agent.role_title,
    )
    .select_from(Name)
    .outerjoin(User, User.id == Name.user_id)
    .outerjoin(Agent, Agent.id == Name.agent_id)
    .where(or_(User.is_active, Agent.id.is_not(None) & Agent.deleted_at.is_(None)))
    .order_by(Name.key)
)


# Who has to do with a task, nearest first: (rank, user id, agent id).
_TASK = bindparam("task_id", type_=Id)
_NO_USER, _NO_AGENT = literal(None, Id), literal(None, Id)
_NEAR = union_all(
    select(
        literal(0).label("rank"), Task.assigned_user_id.label("user_id"), Task.assigned_agent_id.label("agent_id")
    ).where(Task.id == _TASK),
    select(literal(1), Task.created_by_user_id, _NO_AGENT).where(Task.id == _TASK),
    select(literal(1), Comment.user_id, Comment.agent_id).where(Comment.task_id == _TASK).distinct(),
    select(literal(2), _NO_USER, Agent.id).join(Task, Task.board_id == Agent.primary_board_id).where(Task.id == _TASK),
)
Ranks = dict[tuple[str, int], int]
_FAR = 3


def near_task(actor: Actor, task_id: int) -> Ranks:
    """0 for the task's assigned agent and person, 1 for those who take part in it, 2 for its board's agents.

    Raises NotFound for a task that the actor may not see.
    """
    lookup.see(actor, task_id)
    ranks: Ranks = {}
    for row in rows(_NEAR, task_id=task_id):
        for kind, id_ in (("user", row.user_id), ("agent", row.agent_id)):
            if id_ is not None:
                ranks[kind, id_] = min(row.rank, ranks.get((kind, id_), _FAR))
    return ranks


def search(typed: str, *, limit: int = DEFAULT_LIMIT, near: Ranks | None = None) -> list[dict[str, Any]]:
    """Names that start with the text, then names that contain it, each in alphabetical order. `typed` may be empty.

    With `near` (from `near_task`), the nearest of each come first.
    """
    term = fold(names.key_of(typed))
    begins: list[Any] = []
    holds: list[Any] = []
    for row in rows(_ALL):
        key = fold(row.key)
        if term in key:
            (begins if key.startswith(term) else holds).append(row)
    found = _nearest_first(begins, near or {}) + _nearest_first(holds, near or {})
    return [_serialize_agent(row) if row.id is None else _serialize_user(row) for row in found[:limit]]


def _nearest_first(found: Sequence[Any], near: Ranks) -> list[Any]:
    """Sorted by rank; the order within a rank stays."""
    return sorted(
        found, key=lambda row: near.get(("agent", row.agent_id) if row.id is None else ("user", row.id), _FAR)
    )


def _serialize_user(row: Any) -> dict[str, Any]:
    avatar_url = User.avatar_at(row.avatar_key)
    return {"id": row.id, "name": row.name, "type": "user", "role": row.role, "avatar_url": avatar_url}


def _serialize_agent(row: Any) -> dict[str, Any]:
    return {
        "id": row.agent_id,
        "name": row.agent_name,
        "type": "agent",
        "role": row.role_title,
        "avatar_url": Agent.avatar_at(row.avatar_key),
    }
