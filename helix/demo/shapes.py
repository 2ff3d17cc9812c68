"""The demo organization as plain values. Things refer to one another by key: the file's name without its ending,
or the `key` in a list.

Times are relative so that the demo is always fresh: `days_ago` counts back from the moment of loading and may have
fractions; `due_in_days` counts whole days from today in the organization's zone and is negative when overdue.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from helix.models.vocabulary import ActivationMode, BoardLevel, Priority, Role, TaskStatus

# Whoever opens the demo first. Not in people.yaml; creators, authors and approvers may be called this.
FIRST_ADMIN = "admin"
# Stands in descriptions, results and comments for the name of that person: see `addressed_to`.
ADMIN_NAME = "{{admin_name}}"


def addressed_to(admin_name: str, text: str) -> str:
    """`text` with the first admin's real name in it, so that "@{{admin_name}}" becomes a mention."""
    return text.replace(ADMIN_NAME, admin_name)


@dataclass(frozen=True, slots=True)
class Organization:
    name: str
    timezone: str
    default_board_level: BoardLevel
    monthly_budget_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class Department:
    key: str
    name: str
    emoji: str
    sort_order: int


@dataclass(frozen=True, slots=True)
class Board:
    key: str
    name: str
    description: str
    department: str
    sort_order: int
    wip_limits: Mapping[TaskStatus, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    key: str
    name: str
    email: str
    role: Role
    board_levels: Mapping[str, BoardLevel] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skill:
    """`content` is markdown. Which agents have it stands with the agents, unless it applies to all."""

    key: str
    name: str
    description: str
    version: str
    category: str
    tags: tuple[str, ...]
    activation_mode: ActivationMode
    activation_boards: tuple[str, ...]
    activation_tags: tuple[str, ...]
    applies_to_all_agents: bool
    content: str


@dataclass(frozen=True, slots=True)
class Agent:
    """All are in manual mode: nothing in a demo starts, or costs, by itself."""

    key: str
    name: str
    role_title: str
    department: str
    board: str
    skills: tuple[str, ...]
    system_prompt: str
    monthly_budget_usd: Decimal | None = None
    max_output_tokens: int = 4096


@dataclass(frozen=True, slots=True)
class Result:
    """What one run handed in."""

    content: str
    days_ago: float


@dataclass(frozen=True, slots=True)
class Comment:
    """`author` is the key of a person, of an agent, or FIRST_ADMIN. `feedback` marks the words of a rejection."""

    author: str
    content: str
    days_ago: float
    feedback: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """`results` are in order: the last one is the task's present result, those before it were rejected."""

    key: str
    title: str
    description: str
    board: str
    status: TaskStatus
    priority: Priority
    agent: str | None
    creator: str
    created_days_ago: float
    due_in_days: int | None
    tags: tuple[str, ...]
    requires_approval: bool
    results: tuple[Result, ...]
    comments: tuple[Comment, ...]
    approved_by: str | None = None
    approved_days_ago: float | None = None
    completed_days_ago: float | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """Everything, in the order in which pages show it; tasks of one column stand in their files' order."""

    organization: Organization
    departments: tuple[Department, ...]
    boards: tuple[Board, ...]
    people: tuple[Person, ...]
    skills: tuple[Skill, ...]
    agents: tuple[Agent, ...]
    tasks: tuple[Task, ...]
