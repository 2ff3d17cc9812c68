"""Which skills an agent has: its own, and those that apply to all agents."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, or_, select

from helix import live
from helix.errors import Invalid
from helix.extensions import db
from helix.models import Skill, SkillAgent
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.agents.lookup import get
from helix.services.agents.write import locked, refuse_strangers
from helix.transaction import transaction


def skills(agent_id: int) -> list[dict[str, Any]]:
    """By name. `assigned` is False for those that it has only because they apply to all agents."""
    get(agent_id)
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


def set_skills(actor: Actor, agent_id: int, skill_ids: Collection[int]) -> None:
    """Give the agent exactly these skills of its own. Raises Invalid for one that is not there."""
    refuse_strangers(actor)
    with transaction() as after_commit:
        wanted = set(skill_ids)
        known = set(db.session.scalars(select(Skill.id).where(Skill.id.in_(wanted)).with_for_update(read=True)))
        if wanted - known:
            raise Invalid.field("skill_ids", f"There is no skill {min(wanted - known)}.")
        agent = locked(agent_id)
        before = set(db.session.scalars(select(SkillAgent.skill_id).where(SkillAgent.agent_id == agent_id)))
        if before == wanted:
            return
        db.session.execute(delete(SkillAgent).where(SkillAgent.agent_id == agent_id))
        db.session.add_all(SkillAgent(skill_id=skill_id, agent_id=agent_id) for skill_id in sorted(wanted))
        activity.record_agent(actor, "agent.updated", agent, fields=["skills"])
        after_commit(live.publish, "agent", agent_id)


def skill_choices(agent_id: int) -> list[dict[str, Any]]:
    """Every skill by name, for choosing: `has` it (as its own, or as everybody has), and whether it is `for_all`."""
    get(agent_id)
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
