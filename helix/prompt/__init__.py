"""What is sent to a model: pure functions from plain values to messages, and back from an answer to its parts.

    active = active_skills(skills, board_id, tags)
    prompt = compose(agent, organization, task, active, thread, attachments, earlier, window, count)

The system message holds what the organization says: the agent's prompt, the skills, the rules. The user message holds
what people wrote, in marked blocks that cannot be ended from inside (see marks.py).
"""

from helix.prompt.answer import Answer, ResultFence, read_answer
from helix.prompt.composing import ContextTooLong, Prompt, compose
from helix.prompt.fitting import Cut
from helix.prompt.message import Message
from helix.prompt.relevance import by_relevance
from helix.prompt.skills import active_skills

__all__ = [
    "Answer",
    "ContextTooLong",
    "Cut",
    "Message",
    "Prompt",
    "ResultFence",
    "active_skills",
    "by_relevance",
    "compose",
    "read_answer",
]
