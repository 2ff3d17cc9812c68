"""Results of earlier calls, and the agent's skills."""

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from helix.extensions import db
from helix.models import Skill, SkillAgent, Tool, ToolCall
from helix.services.tools.context import ToolContext, ToolFailed, ToolResult
from helix.services.tools.pages import page


def read_result(context: ToolContext, call: int, offset: int = 0) -> ToolResult:
    """Of the same conversation only."""
    reading = aliased(ToolCall)
    conversation = select(reading.conversation_id).where(reading.id == context.call_id).scalar_subquery()
    query = (
        select(ToolCall.result, Tool.brings_untrusted)
        .outerjoin(Tool, Tool.id == ToolCall.tool_id)
        .where(ToolCall.id == call, ToolCall.conversation_id == conversation)
    )
    found = db.session.execute(query).one_or_none()
    if found is None or found.result is None:
        raise ToolFailed(f"There is no result of a call {call} in this conversation.")
    text = page(found.result, offset, again=f"read_result({call})")
    return ToolResult(text, brings_untrusted=found.brings_untrusted is not False)


def read_skill(context: ToolContext, name: str, offset: int = 0) -> ToolResult:
    """A skill that the agent has, whenever it is activated: one that did not fit is read by this."""
    own = select(SkillAgent.skill_id).where(SkillAgent.agent_id == context.agent_id)
    has = Skill.is_active & or_(Skill.applies_to_all_agents, Skill.id.in_(own))
    key = " ".join(name.split()).casefold()
    content = db.session.scalar(select(Skill.content).where(has, Skill.name_key == key))
    if content is None:
        names = db.session.scalars(select(Skill.name).where(has).order_by(Skill.name_key).limit(50)).all()
        raise ToolFailed(
            f"You have no skill {name}. " + (f"You have: {', '.join(names)}." if names else "You have none.")
        )
    return ToolResult(page(content, offset, again=f'read_skill("{name}")'))
