"""What a prompt is made of: plain values, filled from the database by others."""

from dataclasses import dataclass
from datetime import date, datetime

from helix.models.vocabulary import ActivationMode, Priority


@dataclass(frozen=True, slots=True)
class Agent:
    """`system_prompt` may hold the placeholders of placeholders.py."""

    name: str
    system_prompt: str
    department: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class Organization:
    """`today` is the day in the organization's time zone."""

    name: str
    today: date


@dataclass(frozen=True, slots=True)
class Task:
    title: str
    description: str = ""
    priority: Priority = Priority.MEDIUM
    due: date | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SkillFile:
    """A file of a skill. `text` is None where it has none that can be read; `note` says why, or why only a part."""

    path: str
    kind: str
    size: int
    text: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill that the agent has, or that applies to all. Which board ids or tags count depends on the mode.

    `description` says when to use it; `topics` are the tags of the skill itself, `tags` those of tasks it applies to.
    """

    name: str
    content: str
    activation_mode: ActivationMode = ActivationMode.ALWAYS
    board_ids: frozenset[int] = frozenset()
    tags: frozenset[str] = frozenset()
    description: str = ""
    topics: tuple[str, ...] = ()
    files: tuple[SkillFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Comment:
    """`written_at` is aware. An agent's own earlier comments are comments, too."""

    author: str
    content: str
    written_at: datetime
    by_agent: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """The text that could be read from a file; files without text are left out by the caller."""

    file_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """What came before this run. `results` are oldest first, the last of them is the task's present result.

    `feedback` is why that was sent back, `comments` were written since then, oldest first, and are not in the thread.
    """

    results: tuple[str, ...] = ()
    feedback: str = ""
    comments: tuple[Comment, ...] = ()
