"""Composes the messages of a prompt from its material."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from helix.errors import HelixError
from helix.prompt import blocks, skill_texts, token_budget
from helix.prompt.material import Agent, Attachment, Comment, Earlier, Needed, Organization, Skill, Task
from helix.prompt.message import Message
from helix.prompt.parts import PromptParts
from helix.prompt.skill_texts import Level, Reading
from helix.prompt.token_budget import Count, Cut


class HasWindow(Protocol):
    """In tokens. `max_output` is the limit of the answer: the agent's, or the model's."""

    @property
    def context(self) -> int: ...

    @property
    def max_output(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Prompt:
    """`tokens` of the messages as counted, `cut` what was left out, `skills` the names of those with their text."""

    system: str
    user: str
    messages: tuple[Message, ...]
    tokens: int
    cut: tuple[Cut, ...]
    skills: tuple[str, ...]


class ContextTooLong(HelixError):
    """The prompt does not fit the model's context window, even with everything left out that can be."""

    status = 422
    default = "The task alone is longer than the model can take. Shorten it, or use a model with a larger window."


def compose(
    agent: Agent,
    organization: Organization,
    task: Task,
    skills: Sequence[Skill],
    thread: Sequence[Comment],
    attachments: Sequence[Attachment],
    earlier: Earlier | None,
    window: HasWindow,
    count: Count,
    *,
    to_answer: Comment | None = None,
    may_hand_in: bool = True,
    reading: Reading = Reading(),
    needed: Sequence[Needed] = (),
) -> Prompt:
    """The prompt of a run; with `to_answer`, of a mention run, whose answer `read_answer` parses.

    `may_hand_in`: the answer may include a new result, so the model is told how to mark it. `reading`: what the model
    can read of skills by tools, so that it is told to. `needed` are the results of the tasks that this one needed.

    `skills` are the active ones in order, `thread` the comments before the last result, oldest first, without
    `to_answer` and without the feedback, which is in `earlier`. `count` counts the tokens of messages. The prompt may
    use the context window without the output. Raises ContextTooLong.
    """
    earlier = earlier or Earlier()
    boundary = blocks.new_boundary()
    room = window.context - window.max_output
    placed_skills = skill_texts.place(skills, task, room, boundary, token_budget.counter(count))
    parts = PromptParts.of(agent, organization, task, placed_skills, thread, attachments, earlier, to_answer, boundary)
    parts = parts.changed(may_hand_in=may_hand_in, reading=reading, needed=tuple(needed))
    fitted = token_budget.fit(parts, room, count)
    if fitted is None:
        raise ContextTooLong
    parts, cuts = fitted
    system, user = messages = parts.messages
    return Prompt(
        system=system.content,
        user=user.content,
        messages=messages,
        tokens=count(messages),
        cut=cuts,
        skills=tuple(one.skill.name for one in parts.skills if one.level == Level.TEXT),
    )
