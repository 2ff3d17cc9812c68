"""Autocompletion of @mentions: users and agents."""

from typing import Any

from sqlalchemy import or_, select

from helix.db.read import rows
from helix.folding import fold
from helix.models import Agent, Name, User
from helix.services import names

DEFAULT_LIMIT = 10

_ALL = (
    select(
        User.id,
        User.name,
        User.role,
        User.avatar_key,
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


def search(typed: str, *, limit: int = DEFAULT_LIMIT) -> list[dict[str, Any]]:
    """Names that start with the text, then names that contain it, each in alphabetical order. `typed` may be empty."""
    term = fold(names.key_of(typed))
    begins: list[Any] = []
    holds: list[Any] = []
    for row in rows(_ALL):
        key = fold(row.key)
        if term in key:
            (begins if key.startswith(term) else holds).append(row)
    return [_serialize_agent(row) if row.id is None else _serialize_user(row) for row in (begins + holds)[:limit]]


def _serialize_user(row: Any) -> dict[str, Any]:
    avatar_url = User.avatar_at(row.avatar_key)
    return {"id": row.id, "name": row.name, "type": "user", "role": row.role, "avatar_url": avatar_url}


def _serialize_agent(row: Any) -> dict[str, Any]:
    return {"id": row.agent_id, "name": row.agent_name, "type": "agent", "role": row.role_title, "avatar_url": None}
