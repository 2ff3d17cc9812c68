"""From material to the messages that are sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from helix.errors import HelixError
from helix.prompt import fitting, marks, skill_texts
from helix.prompt.fitting import Count, Cut
from helix.prompt.material import Agent, Attachment, Comment, Earlier, Organization, Skill, Task
from helix.prompt.message import Message
from helix.prompt.parts import Parts
from helix.prompt.skill_texts import Level


class HasWindow(Protocol):
    """In tokens. `max_output` is what the answer may have: the agent's own limit, or the model's."""

    @property
    def context(self) -> int: ...

    @property
    def max_output(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is sent. `tokens` as counted, `cut` what was left out, `skills` the names of those whose text is in."""

    system: str
    user: str
    messages: tuple[Message, ...]
    tokens: int
    cut: tuple[Cut, ...]
    skills: tuple[str, ...]


class ContextTooLong(HelixError):
    """The prompt does not fit the model's window, even with everything cut that may be cut."""

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
) -> Prompt:
    """The prompt of a run; with `to_answer`, of a mention run, whose answer `read_answer` takes apart.

    `may_hand_in`: a new result in that answer would count, so the model is told how to hand one in.

    `skills` are the active ones in their order, `thread` the comments before the last result, oldest first, without
    `to_answer` and without the feedback, which stands in `earlier`. `count` gives the tokens of messages. The room is
    the window's context less its output. Raises ContextTooLong.
    """
    earlier = earlier or Earlier()
    boundary = marks.new_boundary()
    room = window.context - window.max_output
    placed = skill_texts.place(skills, task, room, boundary, fitting.counter(count))
    parts = Parts.of(agent, organization, task, placed, thread, attachments, earlier, to_answer, boundary)
    parts = parts.but(may_hand_in=may_hand_in)
    fitted = fitting.fit(parts, room, count)
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
