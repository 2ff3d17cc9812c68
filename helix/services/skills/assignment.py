"""Which agents have a skill, and which skills an agent has."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import case, func, or_, select, true

from helix import live
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, Skill, SkillAgent
from helix.policies.actor import Actor
from helix.services import activity, agents
from helix.services.agents.write import get_for_update as get_agent_for_update
from helix.services.agents.write import require_admin as require_agent_admin
from helix.services.skills import links, write
from helix.services.skills.history import record_change
from helix.services.skills.listing import matches_name_or_description
from helix.services.skills.lookup import get, get_for_update, require_admin

# How many assignable skills are listed at once.
MAX_CHOICES = 100


def of_agent(agent_id: int) -> list[dict[str, Any]]:
    """The skills of an agent, by name. `assigned` is False for skills that it has only because they are for all."""
    agents.get(agent_id)
    assigned_ids = select(SkillAgent.skill_id).where(SkillAgent.agent_id == agent_id)
    query = select(Skill, Skill.id.in_(assigned_ids)).where(
        or_(Skill.applies_to_all_agents, Skill.id.in_(assigned_ids))
    )
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
    """Assign exactly these skills to the agent. Raises Invalid for an unknown skill. For admins."""
    require_agent_admin(actor)
    with transaction() as after_commit:
        agent = get_agent_for_update(agent_id)
        if not links.set_skills(agent, skill_ids):
            return
        activity.record_agent(actor, "agent.updated", agent, fields=["skills"])
        after_commit(live.publish, "agent", agent_id)


def choices_for(agent_id: int, search: str = "", limit: int = MAX_CHOICES) -> tuple[list[dict[str, Any]], int]:
    """Skills to assign, those that the agent has first, then by name; and the total number of matches.

    `has`: the agent has it, by assignment or because it is `for_all`. `search` matches any part of name or description.
    """
    agents.get(agent_id)
    is_assigned = Skill.id.in_(select(SkillAgent.skill_id).where(SkillAgent.agent_id == agent_id))
    condition = matches_name_or_description(search)
    total = db.session.scalar(select(func.count()).select_from(Skill).where(condition)) or 0
    query = (
        select(
            Skill.id,
            Skill.name,
            func.substr(Skill.description, 1, 200).label("description"),
            Skill.activation_mode,
            Skill.is_active,
            Skill.applies_to_all_agents,
            is_assigned.label("assigned"),
        )
        .where(condition)
        .order_by(case((or_(is_assigned, Skill.applies_to_all_agents), 0), else_=1), Skill.name_key)
        .limit(limit)
    )
    choices = [
        {
            "id": row.id,
            "name": row.name,
            "description": row.description,
            "activation_mode": row.activation_mode,
            "is_active": row.is_active,
            "for_all": row.applies_to_all_agents,
            "has": bool(row.assigned) or row.applies_to_all_agents,
            "assigned": bool(row.assigned),
        }
        for row in db.session.execute(query)
    ]
    return choices, total


def choices_for_new(limit: int = MAX_CHOICES) -> list[dict[str, Any]]:
    """Active skills that a new agent can be given, by name; those for all agents are not listed."""
    query = (
        select(Skill.id, Skill.name, func.substr(Skill.description, 1, 200).label("description"))
        .where(Skill.is_active, ~Skill.applies_to_all_agents)
        .order_by(Skill.name_key)
        .limit(limit)
    )
    return [{"id": id_, "name": name, "description": about} for id_, name, about in rows(query)]


def names_by_agent() -> dict[int, list[str]]:
    """The names of the active skills assigned to each agent, by agent id; without those for all agents."""
    query = (
        select(SkillAgent.agent_id, Skill.name)
        .join(Skill, Skill.id == SkillAgent.skill_id)
        .where(Skill.is_active, ~Skill.applies_to_all_agents)
        .order_by(Skill.name_key)
    )
    found: dict[int, list[str]] = {}
    for agent_id, name in rows(query):
        found.setdefault(agent_id, []).append(name)
    return found


def update_selection(actor: Actor, agent_id: int, shown: Collection[int], ticked: Collection[int]) -> None:
    """Assign the ticked skills and remove the other shown ones; skills that were not shown stay as they are."""
    assigned = set(db.session.scalars(select(SkillAgent.skill_id).where(SkillAgent.agent_id == agent_id)))
    set_of_agent(actor, agent_id, (assigned - set(shown)) | set(ticked))


def agents_of(skill_id: int) -> list[dict[str, Any]]:
    """The agents that have a skill, by name. `assigned` is False when it applies only because it is for all agents."""
    skill = get(skill_id)
    assigned_ids = select(SkillAgent.agent_id).where(SkillAgent.skill_id == skill_id)
    having = true() if skill.applies_to_all_agents else Agent.id.in_(assigned_ids)
    query = select(Agent, Agent.id.in_(assigned_ids)).where(Agent.deleted_at.is_(None), having)
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
    """Assign the skill to exactly these agents. Raises Invalid for an unknown agent. For admins."""
    require_admin(actor)
    with transaction():
        skill = get_for_update(skill_id)
        if write.set_agents(skill, agent_ids):
            record_change(actor, skill, ["agents"])
