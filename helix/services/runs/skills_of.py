"""Which skills an agent has, as plain values for the prompt."""

from sqlalchemy import or_, select

from helix.extensions import db
from helix.models import Agent, Skill, SkillAgent, SkillBoard


def skills_of(agent: Agent) -> list[tuple[Skill, frozenset[int]]]:
    """The agent's active skills by name, each with the boards it is meant for; `prompt` decides which apply."""
    own = select(SkillAgent.skill_id).where(SkillAgent.agent_id == agent.id)
    query = select(Skill).where(Skill.is_active, or_(Skill.applies_to_all_agents, Skill.id.in_(own)))
    found = list(db.session.scalars(query.order_by(Skill.name_key)))
    boards: dict[int, set[int]] = {skill.id: set() for skill in found}
    for skill_id, board_id in db.session.execute(
        select(SkillBoard.skill_id, SkillBoard.board_id).where(SkillBoard.skill_id.in_(boards))
    ):
        boards[skill_id].add(board_id)
    return [(skill, frozenset(boards[skill.id])) for skill in found]
