"""A skill's tags, boards and agents. Call these inside a transaction, with a locked skill."""

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select

from helix.errors import Invalid
from helix.extensions import db
from helix.models import Agent, Board, Skill, SkillAgent, SkillBoard, SkillTag
from helix.text.tags import tidied


def tidy_tags(tags: Sequence[str]) -> list[str]:
    """The tags in lower case and in the given order, without duplicates."""
    return tidied(tags)


def set_tags(skill: Skill, tags: Sequence[str]) -> bool:
    """Set the tags. Returns whether they changed."""
    wanted = tidy_tags(tags)
    if skill.tags == wanted:
        return False
    skill.tags = wanted
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


def existing_boards(wanted: Collection[int]) -> set[int]:
    """The boards that exist, locked against deletion until the transaction ends."""
    return set(db.session.scalars(select(Board.id).where(Board.id.in_(set(wanted))).with_for_update(read=True)))


def set_boards(skill: Skill, wanted: Collection[int]) -> bool:
    """Set the boards. Returns whether they changed. Raises Invalid for an unknown board."""
    wanted, before = set(wanted), set(board_ids(skill))
    if wanted == before:
        return False
    if unknown := wanted - existing_boards(wanted):
        raise Invalid.field("activation_board_ids", f"There is no board {min(unknown)}.")
    db.session.execute(delete(SkillBoard).where(SkillBoard.skill_id == skill.id))
    db.session.add_all(SkillBoard(skill_id=skill.id, board_id=board_id) for board_id in sorted(wanted))
    return True


def set_agents(skill: Skill, wanted: Collection[int]) -> set[int]:
    """Set the agents. Returns those that gained or lost the skill. Raises Invalid for an unknown agent."""
    wanted = set(wanted)
    own = select(SkillAgent.agent_id).where(SkillAgent.skill_id == skill.id)
    before = set(db.session.scalars(own))
    known = set(db.session.scalars(select(Agent.id).where(Agent.id.in_(wanted), Agent.deleted_at.is_(None))))
    if wanted - known:
        raise Invalid.field("agent_ids", f"There is no agent {min(wanted - known)}.")
    gone = before - wanted
    db.session.execute(delete(SkillAgent).where(SkillAgent.skill_id == skill.id, SkillAgent.agent_id.in_(gone)))
    db.session.add_all(SkillAgent(skill_id=skill.id, agent_id=agent_id) for agent_id in sorted(wanted - before))
    return wanted ^ before


def set_skills(agent: Agent, wanted: Collection[int]) -> bool:
    """Set an agent's skills. Returns whether they changed. Raises Invalid for an unknown skill."""
    wanted = set(wanted)
    known = set(db.session.scalars(select(Skill.id).where(Skill.id.in_(wanted)).with_for_update(read=True)))
    if wanted - known:
        raise Invalid.field("skill_ids", f"There is no skill {min(wanted - known)}.")
    before = set(db.session.scalars(select(SkillAgent.skill_id).where(SkillAgent.agent_id == agent.id)))
    gone = before - wanted
    db.session.execute(delete(SkillAgent).where(SkillAgent.agent_id == agent.id, SkillAgent.skill_id.in_(gone)))
    db.session.add_all(SkillAgent(skill_id=skill_id, agent_id=agent.id) for skill_id in sorted(wanted - before))
    return bool(wanted ^ before)
