"""Workflows, their versions and their runs."""

from typing import Annotated, Any

from pydantic import Field, RootModel

from helix.models.vocabulary import StepState, TaskOrigin, TaskStatus, WorkflowState, WorkflowStepKind
from helix.schemas.common import IdNumber, In, Line, NotBlank, Out, PagedOut, PagedQuery, Patch, Problem, Query, Text

Name = Annotated[Line, Field(min_length=1, max_length=120), NotBlank]
Description = Annotated[Text, Field(max_length=1000)]
Definition = dict[str, Any]


class WorkflowPath(Query):
    workflow_id: int


class WorkflowRunPath(Query):
    workflow_run_id: int


class StepPath(WorkflowRunPath):
    step_key: Annotated[str, Field(max_length=60)]


class WorkflowIn(In):
    name: Name
    description: Description = ""
    board_id: IdNumber | None = None
    """The board that its tasks go to, unless a start names another one. Null: only admins see it."""
    definition: Definition | None = None
    """The draft. It may have errors: see `problems` of the response."""


class WorkflowPatch(Patch):
    nullable = frozenset({"board_id"})

    name: Name | None = None
    description: Description | None = None
    board_id: IdNumber | None = None
    definition: Definition | None = None
    """The whole draft."""
    version: Annotated[int, Field(ge=1)] | None = None
    """The `version` that was read. If it has changed since, the response is a 409 with the workflow as it is now."""


class WorkflowOut(Out):
    id: int
    name: str
    description: str
    board_id: int | None
    number: int
    """Of the newest published version; 0 before the first."""
    enabled: bool
    version: int
    """Counts changes, for optimistic locking."""
    created_by_user_id: int | None
    created_at: str
    updated_at: str


class WorkflowFull(WorkflowOut):
    definition: Definition
    """The draft."""
    problems: list[Problem]
    """The errors of the draft, each at its place in the definition. Empty when it can be published."""
    published: Definition | None
    """What a start uses now."""
    is_published: bool
    """Whether the draft is the newest version."""
    may_edit: bool


class WorkflowList(RootModel[list[WorkflowOut]]):
    """Those that you see, by name."""


class WorkflowVersionOut(Out):
    number: int
    definition: Definition
    user_id: int | None
    created_at: str


class WorkflowVersionList(RootModel[list[WorkflowVersionOut]]):
    """The published versions, newest first."""


class WorkflowImport(In):
    yaml: Annotated[Text, Field(min_length=1, max_length=500_000)]
    """As `export` writes it: name, description, input, max_usd and steps."""
    name: Name | None = None
    """In place of the one in the file."""
    board_id: IdNumber | None = None


class ExportQuery(Query):
    number: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    """A published version. Without it, the draft."""


class StartIn(In):
    input: dict[str, Any] = {}
    """A value for each input of the workflow, by key."""
    board_id: IdNumber | None = None
    """In place of the workflow's board."""


class WorkflowRunOut(Out):
    id: int
    workflow_id: int
    number: int
    """The version that it keeps to its end."""
    board_id: int
    input: dict[str, Any]
    state: WorkflowState
    reason: str | None
    origin: TaskOrigin
    max_usd: float | None
    started_by_user_id: int | None
    created_at: str
    finished_at: str | None


class WorkflowRunStepOut(Out):
    key: str
    kind: WorkflowStepKind
    title: str
    needs: list[str]
    state: StepState
    reason: str | None
    task_id: int | None
    task_status: TaskStatus | None
    output: dict[str, Any] | None
    """What was handed in; of a choice `{"taken": "then" or "otherwise"}`."""
    output_schema: dict[str, Any] | None
    resume_at: str | None
    """When a step of kind `wait` ends."""
    finished_at: str | None


class WorkflowRunFull(WorkflowRunOut):
    workflow_name: str
    may_change: bool
    """Whether you may cancel it, and retry and skip its steps."""
    steps: list[WorkflowRunStepOut]
    """In the order of the definition; the items of an `each` (`sections.1`) right after it."""


class WorkflowRunQuery(PagedQuery):
    pass


class WorkflowRunPage(PagedOut):
    items: list[WorkflowRunOut]


class SkipIn(In):
    values: dict[str, Any] = {}
    """What the step would have brought: values that fit its schema, else at most `result`; for a choice `taken`."""
