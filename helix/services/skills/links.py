"""A skill's tags, boards and agents. Call these inside a transaction, with a locked skill."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select

from helix.errors import Invalid
from helix.extensions import db
from helix.models import Agent, Board, Skill, SkillAgent, SkillBoard, SkillTag
from helix.text.tags import tidy_all


def tidy_tags(tags: Sequence[str]) -> list[str]:
    """The tags in lower case and in the given order, without duplicates."""
    return tidy_all(tags)


def set_tags(skill: Skill, tags: Sequence[str]) -> bool:
    """Set the tags. Returns whether they changed."""
    normalized = tidy_tags(tags)
    if skill.tags == normalized:
        return False
    skill.tags = normalized
    index_tags(skill)
    return True


def index_tags(skill: Skill) -> None:
    """Rewrite the rows by which skills are filtered by tag."""
    db.session.execute(delete(SkillTag).where(SkillTag.skill_id == skill.id))
    db.session.add_all(SkillTag(skill_id=skill.id, tag=tag) for tag in skill.tags)


def board_ids(skill: Skill) -> list[int]:
    """The ids of all boards of the skill, without a permission check."""
    rows = select(SkillBoard.board_id).where(SkillBoard.skill_id == skill.id).order_by(SkillBoard.board_id)
    return list(db.session.scalars(rows))


def existing_boards(requested: Collection[int]) -> set[int]:
    """The boards that exist, locked against deletion until the transaction ends."""
    return set(db.session.scalars(select(Board.id).where(Board.id.in_(set(requested))).with_for_update(read=True)))


def set_boards(skill: Skill, requested: Collection[int]) -> bool:
    """Set the boards. Returns whether they changed. Raises Invalid for an unknown board."""
    requested, before = set(requested), set(board_ids(skill))
    if requested == before:
        return False
    if unknown := requested - existing_boards(requested):
        raise Invalid.field("activation_board_ids", f"There is no board {min(unknown)}.")
    db.session.execute(delete(SkillBoard).where(SkillBoard.skill_id == skill.id))
    db.session.add_all(SkillBoard(skill_id=skill.id, board_id=board_id) for board_id in sorted(requested))
    return True


def set_agents(skill: Skill, agent_ids: Collection[int]) -> set[int]:
    """Set the agents. Returns those that gained or lost the skill. Raises Invalid for an unknown agent."""
    agent_ids = set(agent_ids)
    assigned = select(SkillAgent.agent_id).where(SkillAgent.skill_id == skill.id)
    before = set(db.session.scalars(assigned))
    known_ids = set(db.session.scalars(select(Agent.id).where(Agent.id.in_(agent_ids), Agent.deleted_at.is_(None))))
    if agent_ids - known_ids:
        raise Invalid.field("agent_ids", f"There is no agent {min(agent_ids - known_ids)}.")
    removed = before - agent_ids
    db.session.execute(delete(SkillAgent).where(SkillAgent.skill_id == skill.id, SkillAgent.agent_id.in_(removed)))
    db.session.add_all(SkillAgent(skill_id=skill.id, agent_id=agent_id) for agent_id in sorted(agent_ids - before))
    return agent_ids ^ before


def set_skills(agent: Agent, skill_ids: Collection[int]) -> bool:
    """Set an agent's skills. Returns whether they changed. Raises Invalid for an unknown skill."""
    skill_ids = set(skill_ids)
    known_ids = set(db.session.scalars(select(Skill.id).where(Skill.id.in_(skill_ids)).with_for_update(read=True)))
    if skill_ids - known_ids:
        raise Invalid.field("skill_ids", f"There is no skill {min(skill_ids - known_ids)}.")
    before = set(db.session.scalars(select(SkillAgent.skill_id).where(SkillAgent.agent_id == agent.id)))
    removed = before - skill_ids
    db.session.execute(delete(SkillAgent).where(SkillAgent.agent_id == agent.id, SkillAgent.skill_id.in_(removed)))
    db.session.add_all(SkillAgent(skill_id=skill_id, agent_id=agent.id) for skill_id in sorted(skill_ids - before))
    return bool(skill_ids ^ before)
