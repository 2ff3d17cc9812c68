"""The demo organization as pydantic models: what each file of `content/` may hold.

Things refer to one another by key: the file's name without its suffix, or the `key` of a list entry. Times are relative
so that the demo is always fresh: `days_ago` counts back from the moment of loading and may have fractions;
`due_in_days` counts whole days from today in the organization's zone and is negative when overdue.
"""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from helix.models.vocabulary import ActivationMode, BoardLevel, Priority, Role, TaskStatus

# The person who opens the demo first is not in people.yaml. Creators, authors and approvers may be this key.
FIRST_ADMIN = "admin"
# Placeholder for that person's name in descriptions, results and comments: see `address_to_admin`.
ADMIN_NAME = "{{admin_name}}"

STATUSES_WITH_RESULT = {TaskStatus.REVIEW, TaskStatus.APPROVED, TaskStatus.DONE, TaskStatus.REJECTED}
ACCEPTED_STATUSES = {TaskStatus.APPROVED, TaskStatus.DONE}
CLOSED_STATUSES = {TaskStatus.DONE, TaskStatus.CANCELLED}


def address_to_admin(admin_name: str, text: str) -> str:
    """`text` with the first admin's real name in it, so that "@{{admin_name}}" becomes a mention."""
    return text.replace(ADMIN_NAME, admin_name)


def _board_level(word: Any) -> BoardLevel:
    words = {level.word: level for level in BoardLevel}
    if word not in words:
        raise ValueError(f"expected one of {', '.join(words)}")
    return words[word]


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Days = Annotated[float, Field(ge=0, allow_inf_nan=False)]
# YAML has neither enums nor decimals: these are converted from its strings and numbers.
Money = Annotated[Decimal, Field(strict=False, ge=0)]
Level = Annotated[BoardLevel, BeforeValidator(_board_level)]
Status = Annotated[TaskStatus, Field(strict=False)]


class ContentModel(BaseModel):
    """Strict, so that a mistake in a file is an error and never a default."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Organization(ContentModel):
    name: Text
    timezone: Text
    default_board_level: Level
    monthly_budget_usd: Money | None = None


class Board(ContentModel):
    key: Text
    name: Text
    description: Text
    wip_limits: dict[Status, int] = Field(default_factory=dict)


class Department(ContentModel):
    key: Text
    name: Text
    emoji: Text
    boards: list[Board]


class Person(ContentModel):
    key: Text
    name: Text
    email: Text
    role: Annotated[Role, Field(strict=False)]
    board_levels: dict[str, Level] = Field(default_factory=dict)


class Activation(ContentModel):
    """When a skill is part of a prompt. Boards are named by key."""

    mode: Annotated[ActivationMode, Field(strict=False)]
    boards: list[Text] = Field(default_factory=list)
    tags: list[Text] = Field(default_factory=list)

    @model_validator(mode="after")
    def _require_condition(self) -> "Activation":
        conditions = {ActivationMode.BOARD: self.boards, ActivationMode.TAG: self.tags}
        if self.mode in conditions and not conditions[self.mode]:
            raise ValueError(f"the mode {self.mode} lists nothing, so the skill is never active.")
        return self


class Skill(ContentModel):
    """`content` is markdown. Agents list the skills they use, unless a skill applies to all."""

    key: Text
    name: Text
    description: Text
    version: Text
    category: Text
    tags: list[Text] = Field(default_factory=list)
    activation: Activation
    applies_to_all_agents: bool = False
    content: Text


class Agent(ContentModel):
    """All agents are in manual mode: nothing in a demo starts by itself, except Task.starts, and nothing costs."""

    key: Text
    name: Text
    role_title: Text
    department: Text
    board: Text
    skills: list[Text] = Field(default_factory=list)
    system_prompt: Text
    monthly_budget_usd: Money | None = None
    max_output_tokens: int = 4096


class Result(ContentModel):
    """The result of one run."""

    content: Text
    days_ago: Days


class Comment(ContentModel):
    """`author` is the key of a person or an agent, or FIRST_ADMIN. `feedback`: the comment of a rejection."""

    author: Text
    content: Text
    days_ago: Days
    feedback: bool = False


class Task(ContentModel):
    """`results` are in order: the last one is the task's current result, those before it were rejected.

    `starts`: the demo model begins it when the demo is loaded, if that is the default model.
    """

    key: Text
    title: Text
    description: str
    board: Text
    status: Status
    priority: Annotated[Priority, Field(strict=False)]
    agent: Text | None = None
    creator: Text
    created_days_ago: Days
    due_in_days: int | None = None
    tags: list[Text] = Field(default_factory=list)
    requires_approval: bool
    starts: bool = False
    results: list[Result] = Field(default_factory=list)
    comments: list[Comment] = Field(default_factory=list)
    approved_by: Text | None = None
    approved_days_ago: Days | None = None
    completed_days_ago: Days | None = None

    @model_validator(mode="after")
    def _check_status(self) -> "Task":
        if self.starts and (self.agent is None or self.status is not TaskStatus.TODO):
            raise ValueError("only a task in todo with an agent `starts`.")
        if self.results and self.agent is None:
            raise ValueError("a result needs the agent that wrote it.")
        if self.agent and self.status in STATUSES_WITH_RESULT and not self.results:
            raise ValueError(f"a task in {self.status} needs a result.")
        if self.results and self.status not in STATUSES_WITH_RESULT:
            raise ValueError(f"a task in {self.status} has no result yet.")
        if self.requires_approval and (self.status in ACCEPTED_STATUSES) != bool(self.approved_by):
            raise ValueError("`approved_by` belongs to approved and done tasks, and to all of them.")
        if bool(self.approved_by) != (self.approved_days_ago is not None):
            raise ValueError("`approved_by` and `approved_days_ago` go together.")
        if (self.status in CLOSED_STATUSES) != (self.completed_days_ago is not None):
            raise ValueError("`completed_days_ago` belongs to done and cancelled tasks, and to all of them.")
        # Every result but the last was rejected, and so was the last one of a rejected task.
        rejections = max(len(self.results) - 1, 0) + (self.status is TaskStatus.REJECTED)
        if sum(comment.feedback for comment in self.comments) != rejections:
            raise ValueError(f"{rejections} rejections need as many `::: feedback` sections.")
        return self

    @model_validator(mode="after")
    def _check_order_of_times(self) -> "Task":
        work = [self.created_days_ago, *(result.days_ago for result in self.results)]
        work += [days for days in (self.approved_days_ago, self.completed_days_ago) if days is not None]
        thread = [self.created_days_ago, *(comment.days_ago for comment in self.comments)]
        if work != sorted(work, reverse=True) or thread != sorted(thread, reverse=True):
            raise ValueError("creation, results, approval, end and comments must follow one another in time.")
        return self


class Workflow(ContentModel):
    """`input`, `max_usd` and `steps` are the definition, which names agents and people by their names."""

    key: Text
    name: Text
    description: Text
    board: Text
    input: list[dict[str, Any]] = Field(default_factory=list)
    max_usd: float | None = None
    steps: list[dict[str, Any]]

    @property
    def definition(self) -> dict[str, Any]:
        return {"input": self.input, "max_usd": self.max_usd, "steps": self.steps}


class Content(ContentModel):
    """Everything, in the order in which pages show it; the tasks of a column are in the order of their files."""

    organization: Organization
    departments: list[Department]
    people: list[Person]
    skills: list[Skill]
    agents: list[Agent]
    tasks: list[Task]
    workflows: list[Workflow] = Field(default_factory=list)

    @property
    def boards(self) -> list[Board]:
        return [board for department in self.departments for board in department.boards]
