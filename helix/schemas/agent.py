from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, model_validator

from helix.models.vocabulary import ActivationMode, AgentStatus, ExecutionMode, TaskStatus
from helix.schemas.common import (
    IdNumber,
    In,
    Line,
    NotBlank,
    Out,
    PagedOut,
    PagedQuery,
    Paging,
    Patch,
    Query,
    Text,
    Usd,
)
from helix.schemas.task import TaskOut
from helix.schemas.upload import Upload, multi_file_form

Name = Annotated[Line, Field(min_length=1, max_length=80), NotBlank]
RoleTitle = Annotated[Line, Field(max_length=120)]
SystemPrompt = Annotated[Text, Field(max_length=100_000)]
ParallelRuns = Annotated[int, Field(ge=1, le=100)]
OutputTokens = Annotated[int, Field(ge=64, le=200_000)]


Notes = Annotated[Text, Field(max_length=20_000)]


class AgentPath(Query):
    agent_id: int


class TrialPath(AgentPath):
    trial_id: str


class TrialIn(In):
    message: Annotated[Text, Field(min_length=1, max_length=20_000)]


class TrialOut(Out):
    id: str
    agent_id: int
    status: Literal["queued", "running", "done", "failed", "stopped"]
    message: str
    answer: str
    """What is written until now."""
    answer_truncated: bool
    """Whether it was cut at the agent's limit of tokens."""
    problem: str | None
    """Why it failed, as a sentence."""
    model: str | None
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    """Null while it is written, and for a model whose price is not known."""


class AgentFilter(Paging):
    department_id: IdNumber | None = None
    board_id: IdNumber | None = None


class AgentIn(In):
    name: Name
    role_title: RoleTitle = ""
    department_id: IdNumber | None = None
    primary_board_id: IdNumber | None = None
    system_prompt: SystemPrompt = ""
    notes: Notes = ""
    """For people, not part of prompts. An import stores here the parts of a file that are not the prompt."""
    execution_mode: ExecutionMode = ExecutionMode.MANUAL
    ai_model_id: IdNumber | None = None
    """Null: the organization's default."""
    enabled: bool = True
    monthly_budget_usd: Usd | None = None
    """Null: the organization's budget alone."""
    max_parallel_runs: ParallelRuns = 1
    max_output_tokens: OutputTokens = 4096


# Fields that may be null, meaning none.
NULLABLE = ("department_id", "primary_board_id", "ai_model_id", "monthly_budget_usd")


class AgentPatch(Patch):
    nullable = frozenset(NULLABLE)

    name: Name | None = None
    role_title: RoleTitle | None = None
    department_id: IdNumber | None = None
    primary_board_id: IdNumber | None = None
    system_prompt: SystemPrompt | None = None
    notes: Notes | None = None
    execution_mode: ExecutionMode | None = None
    """Switching to auto picks up the agent's waiting tasks."""
    ai_model_id: IdNumber | None = None
    enabled: bool | None = None
    monthly_budget_usd: Usd | None = None
    max_parallel_runs: ParallelRuns | None = None
    max_output_tokens: OutputTokens | None = None


class TaskTitle(Out):
    id: int
    title: str


class CurrentRun(Out):
    id: int
    task: TaskTitle


class AgentOut(Out):
    id: int
    name: str
    role_title: str
    avatar_url: str | None
    """Its picture."""
    department_id: int | None
    primary_board_id: int | None
    system_prompt: str
    notes: str
    execution_mode: ExecutionMode
    ai_model_id: int | None
    enabled: bool
    status: AgentStatus
    monthly_budget_usd: float | None
    spent_this_month_usd: float
    budget_paused: bool
    max_parallel_runs: int
    max_output_tokens: int
    current_run: CurrentRun | None
    watching: bool
    """Whether the caller is notified about the agent."""
    created_at: str
    updated_at: str


class AgentList(RootModel[list[AgentOut]]):
    """Every agent, by name."""


class AgentTasksQuery(PagedQuery):
    status: TaskStatus | None = None


class AgentTasks(PagedOut):
    items: list[TaskOut]


class Completed(Out):
    total: int
    this_week: int
    this_month: int


class RunCounts(Out):
    total: int
    succeeded: int
    failed: int
    cancelled: int


class Tokens(Out):
    input: int
    output: int


class Cost(Out):
    total: float
    this_month: float


class AgentStats(Out):
    tasks_completed: Completed
    tasks_by_status: dict[str, int]
    average_completion_minutes: float | None
    success_rate: float | None
    """0..1 of the runs that succeeded or failed; null before the first."""
    runs: RunCounts
    tokens: Tokens
    cost_usd: Cost


class WatchIn(In):
    watching: bool


class AgentSkillsIn(In):
    skill_ids: Annotated[list[IdNumber], Field(max_length=500)]


class AgentSkill(Out):
    id: int
    name: str
    slug: str
    description: str
    category: str
    tags: list[str]
    version: str
    activation_mode: ActivationMode
    applies_to_all_agents: bool
    is_active: bool
    assigned: bool
    """False when the agent has it only because it applies to all."""


class AgentSkills(RootModel[list[AgentSkill]]):
    """The skills of an agent, by name."""


class AgentImportForm(In):
    file: Upload
    """A markdown file with front matter, or a .zip of many in folders."""
    files: Annotated[list[Upload], Field(max_length=1_000)] = []
    """More of them."""
    only: Annotated[list[Text], Field(max_length=1_000)] = []
    """The `source` of the agents to import, as reported by a dry run. Without it, all."""
    on_conflict: Literal["skip", "rename", "update"] = "skip"
    """What to do when the name exists. update: role, prompt, notes and model are taken from the file."""
    department_id: IdNumber | None = None
    """The department for all agents. Without it, each goes to the department that its folder names."""
    create_departments: bool = False
    """Create the departments that folders name and that do not exist."""
    readable_names: bool = False
    """seo-specialist becomes Seo Specialist."""
    dry_run: bool = False
    """Report what would happen, and save nothing."""

    @model_validator(mode="before")
    @classmethod
    def _as_sent(cls, _read: Any) -> dict[str, Any]:
        return multi_file_form("only")


class AgentReport(Out):
    """The outcome for one file."""

    source: str
    """The file, with its path in an archive."""
    name: str
    """Empty where the file could not be read."""
    role_title: str
    department: str
    department_id: int | None
    """Null in a dry run, for a department that does not exist yet."""
    ai_model_id: int | None
    """Null: the organization's default."""
    ai_model: str | None
    prompt_length: int
    """In characters."""
    action: Literal["create", "rename", "update", "skip", "refused"]
    agent_id: int | None
    """The imported agent; null in a dry run."""
    existing_agent_id: int | None
    problem: str
    notes: list[str]


class AgentsImported(Out):
    dry_run: bool
    agents: list[AgentReport]
    notes: list[str]
