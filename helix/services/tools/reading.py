"""Results of earlier calls, and the agent's skills."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import aliased

from helix.extensions import db
from helix.models import Skill, SkillAgent, SkillAttachment, Tool, ToolCall
from helix.services.tools.context import ToolContext, ToolFailed, ToolResult
from helix.services.tools.pages import page

MOST_LISTED = 200
# As prompts name a file.
_shown_path = func.coalesce(func.nullif(SkillAttachment.path, ""), SkillAttachment.name)


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
    skill_id, content = _skill(context, name)
    text = page(content, offset, again=f'read_skill("{name}")')
    if offset == 0 and (files := _files(skill_id)):
        lines = [f"- {path} ({kind}, {size:,} bytes){f': {note}' if note else ''}" for path, kind, size, note in files]
        text += "\n\n" + "\n".join(["Files of this skill, which read_skill_file reads:", *lines])
    return ToolResult(text)


def read_skill_file(context: ToolContext, name: str, path: str, offset: int = 0) -> ToolResult:
    skill_id, _content = _skill(context, name)
    query = select(SkillAttachment.extracted_text, SkillAttachment.extract_note).where(
        SkillAttachment.skill_id == skill_id, _shown_path == path.strip().removeprefix("./")
    )
    found = db.session.execute(query.order_by(SkillAttachment.id.desc()).limit(1)).one_or_none()
    if found is None:
        paths = ", ".join(file.path for file in _files(skill_id))
        raise ToolFailed(f"The skill {name} has no file {path}. " + (f"It has: {paths}." if paths else "It has none."))
    if found.extracted_text is None:
        raise ToolFailed(found.extract_note or "This file has no text that can be read.")
    text = page(found.extracted_text, offset, again=f'read_skill_file("{name}", "{path}")')
    return ToolResult(f"{text}\n\n[{found.extract_note}]" if found.extract_note else text)


def _skill(context: ToolContext, name: str) -> tuple[int, str]:
    """Id and text of a skill of the agent. Raises ToolFailed."""
    own = select(SkillAgent.skill_id).where(SkillAgent.agent_id == context.agent_id)
    has = Skill.is_active & or_(Skill.applies_to_all_agents, Skill.id.in_(own))
    key = " ".join(name.split()).casefold()
    found = db.session.execute(select(Skill.id, Skill.content).where(has, Skill.name_key == key)).one_or_none()
    if found is None:
        names = db.session.scalars(select(Skill.name).where(has).order_by(Skill.name_key).limit(50)).all()
        raise ToolFailed(
            f"You have no skill {name}. " + (f"You have: {', '.join(names)}." if names else "You have none.")
        )
    return found.id, found.content


def _files(skill_id: int) -> Sequence[Row[Any, str, int, str]]:
    """Path, type, size and why there is no text or not all of it, of the first MOST_LISTED files."""
    query = select(
        _shown_path.label("path"), SkillAttachment.content_type, SkillAttachment.size, SkillAttachment.extract_note
    )
    query = query.where(SkillAttachment.skill_id == skill_id).order_by("path").limit(MOST_LISTED)
    return db.session.execute(query).all()
