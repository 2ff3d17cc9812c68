"""Whom an @ may name: people and agents, for the list that opens while typing."""

from typing import Any

from sqlalchemy import case, or_, select

from helix.extensions import db
from helix.models import Agent, Name, User
from helix.services import names

MOST = 10


def search(typed: str, *, limit: int = MOST) -> list[dict[str, Any]]:
    """Names that begin with what was typed before names that hold it, each by the alphabet. `typed` may be empty."""
    key = names.key_of(typed)
    begins = Name.key.startswith(key, autoescape=True)
    rows = db.session.execute(
        select(User, Agent)
        .select_from(Name)
        .outerjoin(User, User.id == Name.user_id)
        .outerjoin(Agent, Agent.id == Name.agent_id)
        .where(
            Name.key.contains(key, autoescape=True),
            or_(User.is_active, Agent.id.is_not(None) & Agent.deleted_at.is_(None)),
        )
        .order_by(case((begins, 0), else_=1), Name.key)
        .limit(limit)
    )
    return [_person(user) if user else _agent(agent) for user, agent in rows]


def _person(user: User) -> dict[str, Any]:
    return {"id": user.id, "name": user.name, "type": "user", "role": user.role, "avatar_url": user.avatar_url}


def _agent(agent: Agent) -> dict[str, Any]:
    return {"id": agent.id, "name": agent.name, "type": "agent", "role": agent.role_title, "avatar_url": None}
