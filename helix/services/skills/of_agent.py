"""Which skills an agent has, from the agent's side: its own, and those that apply to all agents."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import or_, select

from helix import live
from helix.extensions import db
from helix.models import Skill, SkillAgent
from helix.policies.actor import Actor
from helix.services import activity, agents
from helix.services.agents.write import locked, refuse_strangers
from helix.services.skills import links
from helix.transaction import transaction


def of_agent(agent_id: int) -> list[dict[str, Any]]:
    """By name. `assigned` is False for those that it has only because they apply to all agents."""
    agents.get(agent_id)
    own = select(SkillAgent.skill_id).where(SkillAgent.agent_id == agent_id)
    query = select(Skill, Skill.id.in_(own)).where(or_(Skill.applies_to_all_agents, Skill.id.in_(own)))
    return [
        {
            "id": skill.id,
            "name": skill.name,
            "slug": skill.slug,
            "description": skill.description,
            "category": skill.category,
            "tags": skill.tags,
            "version": skill.version,
            "activation_mode": skill.activation_mode,
            "applies_to_all_agents": skill.applies_to_all_agents,
            "is_active": skill.is_active,
            "assigned": bool(assigned),
        }
        for skill, assigned in db.session.execute(query.order_by(Skill.name_key))
    ]


def set_of_agent(actor: Actor, agent_id: int, skill_ids: Collection[int]) -> None:
    """Give the agent exactly these skills of its own. Raises Invalid for one that is not there."""
    refuse_strangers(actor)
    with transaction() as after_commit:
        agent = locked(agent_id)
        if not links.set_skills(agent, skill_ids):
            return
        activity.record_agent(actor, "agent.updated", agent, fields=["skills"])
        after_commit(live.publish, "agent", agent_id)


def choices_for(agent_id: int) -> list[dict[str, Any]]:
    """Every skill by name, for choosing: `has` it (as its own, or as everybody has), and whether it is `for_all`."""
    agents.get(agent_id)
    own = select(SkillAgent.skill_id).where(SkillAgent.agent_id == agent_id)
    return [
        {
            "id": skill.id,
            "name": skill.name,
            "description": skill.description,
            "activation_mode": skill.activation_mode,
            "is_active": skill.is_active,
            "for_all": skill.applies_to_all_agents,
            "has": bool(assigned) or skill.applies_to_all_agents,
            "assigned": bool(assigned),
        }
        for skill, assigned in db.session.execute(select(Skill, Skill.id.in_(own)).order_by(Skill.name_key))
    ]
