"""Which agents have a skill, from the skill's side."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, true

from helix.extensions import db
from helix.models import Agent, SkillAgent
from helix.policies.actor import Actor
from helix.services import agents
from helix.services.skills import write
from helix.services.skills.lookup import get, locked, require_admin
from helix.services.skills.noted import record_change
from helix.transaction import transaction


def agents_of(skill_id: int) -> list[dict[str, Any]]:
    """By name. `assigned` is False for those that have it only because it applies to all agents."""
    skill = get(skill_id)
    own = select(SkillAgent.agent_id).where(SkillAgent.skill_id == skill_id)
    having = true() if skill.applies_to_all_agents else Agent.id.in_(own)
    query = select(Agent, Agent.id.in_(own)).where(Agent.deleted_at.is_(None), having)
    rows = db.session.execute(query.order_by(Agent.name, Agent.id)).all()
    status = agents.statuses([agent.id for agent, _assigned in rows])
    return [
        {
            "id": agent.id,
            "name": agent.name,
            "role_title": agent.role_title,
            "department_id": agent.department_id,
            "status": status[agent.id],
            "assigned": bool(assigned),
        }
        for agent, assigned in rows
    ]


def assign(actor: Actor, skill_id: int, agent_ids: Sequence[int]) -> None:
    """Give the skill to exactly these agents. Raises Invalid for one that is not there."""
    require_admin(actor)
    with transaction():
        skill = locked(skill_id)
        if write.set_agents(skill, agent_ids):
            record_change(actor, skill, ["agents"])
