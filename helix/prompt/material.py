"""The material of a prompt as plain values. services/runs fills them from the database."""

from dataclasses import dataclass
from datetime import date, datetime

from helix.models.vocabulary import ActivationMode, Priority


@dataclass(frozen=True, slots=True)
class Agent:
    """`system_prompt` may contain the placeholders of placeholders.py."""

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
    """A file of a skill. `text` is None if it has no readable text; `note` says why, or why it is incomplete."""

    path: str
    kind: str
    size: int
    text: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill of the agent, or one that applies to all. The mode decides whether `board_ids` or `tags` count.

    `description` says when to use it; `topics` are the skill's own tags, `tags` those of the tasks it applies to.
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
    """`written_at` is timezone-aware. Comments of the agent itself are included."""

    author: str
    content: str
    written_at: datetime
    by_agent: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """The extracted text of a file. The caller omits files without text."""

    file_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Needed:
    """A task that this one needed, with its result. The caller omits those without one."""

    title: str
    result: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """Earlier runs of the task. `results` are oldest first, the last of them is the task's current result.

    `feedback` is the reason for its rejection; `comments` were written after it, oldest first, and not in the thread.
    """

    results: tuple[str, ...] = ()
    feedback: str = ""
    comments: tuple[Comment, ...] = ()
