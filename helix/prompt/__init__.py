"""Builds the messages for a model from plain values, and parses its answers. Pure functions.

    active = active_skills(skills, board_id, tags)
    prompt = compose(agent, organization, task, active, thread, attachments, earlier, window, count)

The system message holds the organization's instructions: the agent's prompt, the skills, the rules. The user message
holds text from people, in blocks whose end that text cannot forge (see blocks.py).
"""

from helix.prompt.answer import Answer, ResultFence, read_answer
from helix.prompt.composing import ContextTooLong, Prompt, compose
from helix.prompt.message import Message, ToolCall
from helix.prompt.skill_selection import active_skills, by_relevance
from helix.prompt.skill_texts import LEFT_OUT, Reading
from helix.prompt.token_budget import Cut

__all__ = [
    "LEFT_OUT",
    "Answer",
    "ContextTooLong",
    "Cut",
    "Message",
    "Prompt",
    "Reading",
    "ResultFence",
    "ToolCall",
    "active_skills",
    "by_relevance",
    "compose",
    "read_answer",
]
