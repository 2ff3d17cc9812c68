"""Tasks, and what a page sends to undo a change: the previous state of tasks."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, RootModel, TypeAdapter, model_validator

from helix.models.vocabulary import AgentStatus, FailureReason, LinkUntil, Priority, RunStatus, TaskStatus
from helix.schemas.common import IdNumber, In, Line, Moment, NotBlank, Out, Paging, Patch, Query, Text, matching

Title = Annotated[Line, Field(min_length=1, max_length=500), NotBlank]
Description = Annotated[Text, Field(max_length=100_000)]
Tag = Annotated[Line, Field(min_length=1, max_length=50), NotBlank]
Tags = Annotated[list[Tag], Field(max_length=20)]
Sort = Literal[
    "position",
    "-position",
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
    "due_date",
    "-due_date",
    "priority",
    "-priority",
]


ASSIGNEES = ("assigned_agent_id", "assigned_user_id")


class TaskPath(Query):
    task_id: int


class TaskIn(In):
    title: Title
    board_id: IdNumber
    description: Description = ""
    assigned_agent_id: IdNumber | None = None
    assigned_user_id: IdNumber | None = None
    """A person who sees the board, beside or instead of an agent."""
    priority: Priority = Priority.MEDIUM
    due_date: Moment | None = None
    """ISO 8601. A plain date means the end of that day in the organization's zone."""
    tags: Tags = []
    requires_approval: bool = True
    needs_task_ids: Annotated[list[IdNumber], Field(max_length=20)] = []
    """Tasks without whose results it is not run."""


class TaskPatch(Patch):
    nullable = frozenset({"before_id", "assigned_agent_id", "assigned_user_id", "due_date", "version"})

    title: Title | None = None
    description: Description | None = None
    status: TaskStatus | None = None
    priority: Priority | None = None
    board_id: IdNumber | None = None
    before_id: IdNumber | None = None
    """Move it before this task of the same column; null moves it to the end."""
    assigned_agent_id: IdNumber | None = None
    assigned_user_id: IdNumber | None = None
    due_date: Moment | None = None
    tags: Tags | None = None
    requires_approval: bool | None = None
    archived: bool | None = None
    version: int | None = None
    """The version that was read; an outdated one is refused, with the current task."""


class TaskFilterQuery(Paging):
    board_id: IdNumber | None = None
    status: TaskStatus | None = None
    assigned_agent_id: IdNumber | None = None
    assigned_user_id: IdNumber | None = None
    archived: Literal["true", "false", "any"] = "false"
    blocked: Literal["true", "false"] = "false"
    """`true`: only open tasks that wait for others."""
    priority: Priority | None = None
    tag: Annotated[Line, Field(max_length=50)] | None = None
    created_by: IdNumber | None = None
    due_before: Moment | None = None
    due_after: Moment | None = None
    created_from: Moment | None = None
    created_before: Moment | None = None
    updated_from: Moment | None = None
    updated_before: Moment | None = None
    q: Annotated[Text, Field(max_length=500)] | None = None
    """As in the search: any part of title, description or the agent's name."""
    sort: Sort = "position"


class AgentBrief(Out):
    id: int
    name: str
    role_title: str
    status: AgentStatus


class UserBrief(Out):
    id: int
    name: str
    avatar_url: str | None


class RunState(Out):
    id: int
    status: RunStatus
    reason: FailureReason | None
    message: str | None
    attempt: int
    cost_usd: float | None
    started_at: str | None
    finished_at: str | None


class Waiting(Out):
    """Why a queued run does not run yet, or what a waiting run asks."""

    code: str
    message: str
    until: str | None


class TaskOut(Out):
    id: int
    key: str
    """The readable id, such as SEO-22: the board's key, and the id."""
    version: int
    title: str
    description: str
    status: TaskStatus
    priority: Priority
    board_id: int
    position: str
    assigned_agent_id: int | None
    assigned_agent: AgentBrief | None
    assigned_user_id: int | None
    assigned_user: UserBrief | None
    created_by_user_id: int | None
    created_by: UserBrief | None
    due_date: str | None
    tags: list[str]
    requires_approval: bool
    result: str | None
    result_truncated: bool
    """The result was cut off at the output token limit."""
    result_edited_by_user_id: int | None
    """Who has changed what the agent wrote, if anybody."""
    result_edited_at: str | None
    approved_by_user_id: int | None
    approved_at: str | None
    archived: bool
    comment_count: int
    attachment_count: int
    last_run: RunState | None
    waiting: Waiting | None
    blocked: bool
    """It needs tasks that have no result yet, and is not run before they have."""
    blocked_by: list[int]
    """The ids of those that you see."""
    blocked_by_hidden: int
    """How many of them are on boards that you do not see."""
    blocked_message: str | None
    """What it waits for, as a sentence without a full stop."""
    run_when_ready: bool
    """A run is queued by itself when nothing blocks it any more."""
    auto_stopped: str | None
    watching: bool
    created_at: str
    updated_at: str
    completed_at: str | None


class TaskQueued(TaskOut):
    run_id: int | None
    """Null while the task is blocked: the run is queued by itself when what it needs is there."""


class NeedIn(In):
    needs_task_id: IdNumber
    until: LinkUntil | None = None
    """How far the needed task has to come: `settled` is in review, approved or done, `approved` is approved or done.
    Without one: `approved` if the needed task requires approval."""


class LinkPath(TaskPath):
    needs_task_id: int


class LinkedTask(Out):
    id: int
    key: str
    title: str
    status: TaskStatus
    board_id: int
    until: LinkUntil
    met: bool
    gone: Literal["cancelled", "archived", "deleted", "stopped"] | None
    """Why a need that is not met will not be, unless the needed task is brought back."""


class TaskOfTree(Out):
    id: int
    key: str
    title: str
    status: TaskStatus
    board_id: int
    parent_task_id: int | None
    depth: int


class TaskLinks(Out):
    needs: list[LinkedTask]
    needs_hidden: int
    """How many more there are, on boards that you do not see."""
    needed_by: list[LinkedTask]
    needed_by_hidden: int
    tree: list[TaskOfTree]
    """The task that agents have delegated parts of, with these parts, each after the one that it belongs to. Empty for
    a task that has no subtasks and is none."""


class RejectIn(In):
    feedback: Annotated[Text, Field(min_length=1, max_length=20_000), NotBlank]
    run_again: bool = False
    """Start the assigned agent at once, also in manual mode. An agent in auto mode starts in any case."""


class TaskSentBack(TaskOut):
    run_refused: str | None
    """Why the agent was not started although `run_again` was sent. The task is rejected in any case."""


class ResultIn(In):
    result: Annotated[Text, Field(min_length=1, max_length=500_000), NotBlank]
    version: int | None = None
    """The version that was read; an outdated one is refused, with the current task."""


class UndoIn(In):
    version: int | None = None
    """The version after the decision; an outdated one is refused."""


class TaskList(RootModel[list[TaskOut]]):
    pass


class SearchQuery(Query):
    q: Annotated[Text, Field(max_length=500)]
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class TagOut(Out):
    tag: str
    task_count: int
    skills: list[str]
    """Names of the skills that it activates."""


class TagList(RootModel[list[TagOut]]):
    """Every tag on the boards that the caller sees, the most used first; at most 1,000."""


class TagsRenameIn(In):
    tags: Annotated[Tags, Field(min_length=1)]
    to: Tag
    """With several `tags`, they are merged into this one."""


class TagsRenamed(Out):
    updated: int
    """The number of tasks that changed."""


class WatchIn(In):
    watching: bool


class BulkIn(In):
    """`ids`, and exactly one change."""

    ids: Annotated[list[IdNumber], Field(min_length=1, max_length=200)]
    status: TaskStatus | None = None
    assigned_agent_id: IdNumber | None = None
    """Null unassigns the agent."""
    assigned_user_id: IdNumber | None = None
    """Null unassigns the person."""
    priority: Priority | None = None
    archived: bool | None = None
    add_tags: Annotated[Tags, Field(min_length=1)] | None = None
    remove_tags: Annotated[Tags, Field(min_length=1)] | None = None
    board_id: IdNumber | None = None
    due_date: Moment | None = None
    """Null removes it."""
    run: Literal[True] | None = None
    """Starts their agents."""
    delete: Literal[True] | None = None

    @model_validator(mode="after")
    def _one_change(self) -> "BulkIn":
        name, value = self.change
        if value is None and name not in (*ASSIGNEES, "due_date"):
            raise ValueError(f"{name} cannot be null")
        return self

    @property
    def change(self) -> tuple[str, Any]:
        """The name of the field to change, and its new value."""
        changes = {name: value for name, value in self.sent().items() if name != "ids"}
        if len(changes) != 1:
            raise ValueError("send ids and exactly one change")
        return next(iter(changes.items()))


class BulkOut(Out):
    items: list[TaskOut]


Position = Annotated[str, *matching(r"[0-9A-Za-z]{2,60}", "That place in the column is not known.")]


class TaskStateIn(In):
    id: IdNumber
    version: Annotated[int, Field(ge=1, le=2**31)]
    status: TaskStatus | None = None
    position: Position | None = None
    assigned_agent_id: IdNumber | None = None
    assigned_user_id: IdNumber | None = None
    priority: Priority | None = None
    tags: Tags | None = None
    archived: bool | None = None
    board_id: IdNumber | None = None
    due_at: AwareDatetime | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The fields to restore. Null counts for agent and person (unassigned) and the due date (none)."""
        return {
            name: value
            for name, value in self.sent().items()
            if name not in ("id", "version") and (value is not None or name in (*ASSIGNEES, "due_at"))
        }


class DecidedIn(In):
    id: IdNumber
    version: Annotated[int, Field(ge=1, le=2**31)]
    position: Position | None = None


Decisions = TypeAdapter(Annotated[list[DecidedIn], Field(min_length=1, max_length=200)])
TaskStates = TypeAdapter(Annotated[list[TaskStateIn], Field(min_length=1, max_length=200)])
Ids = TypeAdapter(Annotated[list[IdNumber], Field(min_length=1, max_length=200)])
