"""Whom an @ may name: people and agents, for the list that opens while typing."""

from typing import Any

from sqlalchemy import Integer, bindparam, case, or_, select

from helix.models import Agent, Name, User
from helix.rows import rows
from helix.services import names
from helix.services.search.term import literally

MOST = 10

_BEGINS = Name.key.like(bindparam("begins"), escape="\\")
_FOUND = (
    select(
        User.id,
        User.name,
        User.role,
        User.avatar_key,
        Agent.id.label("agent_id"),
        Agent.name.label("agent_name"),
        Agent.role_title,
    )
    .select_from(Name)
    .outerjoin(User, User.id == Name.user_id)
    .outerjoin(Agent, Agent.id == Name.agent_id)
    .where(
        Name.key.like(bindparam("holds"), escape="\\"),
        or_(User.is_active, Agent.id.is_not(None) & Agent.deleted_at.is_(None)),
    )
    .order_by(case((_BEGINS, 0), else_=1), Name.key)
    .limit(bindparam("most", type_=Integer))
)


def search(typed: str, *, limit: int = MOST) -> list[dict[str, Any]]:
    """Names that begin with what was typed before names that hold it, each by the alphabet. `typed` may be empty."""
    key = literally(names.key_of(typed))
    found = rows(_FOUND, begins=f"{key}%", holds=f"%{key}%", most=limit)
    return [_agent(row) if row.id is None else _person(row) for row in found]


def _person(row: Any) -> dict[str, Any]:
    avatar_url = User.avatar_at(row.avatar_key)
    return {"id": row.id, "name": row.name, "type": "user", "role": row.role, "avatar_url": avatar_url}


def _agent(row: Any) -> dict[str, Any]:
    return {"id": row.agent_id, "name": row.agent_name, "type": "agent", "role": row.role_title, "avatar_url": None}
