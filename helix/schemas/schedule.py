"""Schedules with their times, and templates of tasks."""

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from helix.models.vocabulary import CatchUp, FiringState, Overlap, Priority, TaskStatus, WorkflowState
from helix.schemas.common import IdNumber, In, Line, Moment, NotBlank, Out, Paging, Patch, Query, Usd, Zone
from helix.schemas.task import Description, Tags, Title

Name = Annotated[Line, Field(min_length=1, max_length=120), NotBlank]
Cron = Annotated[Line, Field(min_length=1, max_length=120)]
DueIn = Annotated[int, Field(ge=0, le=366)]
Grace = Annotated[int, Field(ge=60, le=86_400)]
Jitter = Annotated[int, Field(ge=0, le=3600)]


class SchedulePath(Query):
    schedule_id: int


class ScheduleFilter(Paging):
    board_id: IdNumber | None = None


class ScheduledTask(In):
    """The task that is created at each time."""

    title: Title
    """`{date}` becomes 2026-11-30, `{week}` the number of the week."""
    description: Description = ""
    """With `{date}` and `{week}` as in the title."""
    priority: Priority = Priority.MEDIUM
    tags: Tags = []
    due_in: DueIn | None = None
    """Days after which it is due; 0 is the end of the same day."""
    requires_approval: bool = True


class ScheduledTaskPatch(Patch):
    nullable = frozenset({"due_in"})

    title: Title | None = None
    description: Description | None = None
    priority: Priority | None = None
    tags: Tags | None = None
    due_in: DueIn | None = None
    requires_approval: bool | None = None


class ScheduleIn(In):
    name: Name
    board_id: IdNumber
    """Requires the level `manage` there."""
    agent_id: IdNumber | None = None
    """Who gets the tasks. An agent in manual mode waits for a person to start it."""
    template: ScheduledTask | None = None
    """Null with a `workflow_id`."""
    workflow_id: IdNumber | None = None
    """A workflow that is started instead: on the board, on behalf of whoever saves the schedule."""
    input: dict[str, Any] | None = None
    """Of the workflow. Texts may have `{date}` and `{week}`."""
    cron: Cron
    """Five parts: minute, hour, day of the month, month, weekday. `0 9 * * 1-5` is every weekday at 9."""
    timezone: Zone | None = None
    """Null: the organization's. A fixed time stays the same time of day when the clock changes."""
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    enabled: bool = True
    overlap: Overlap = Overlap.SKIP
    """While the last task is open: `skip` the time, `queue` a task that needs the last one, or `replace` it."""
    catch_up: CatchUp = CatchUp.ONE
    """Of the times at which no scheduler ran: `none` later than `grace_seconds`, the last `one`, or `all` of the last
    five."""
    grace_seconds: Grace = 600
    jitter_seconds: Jitter = 0
    """A delay of up to this, other at each time, so that not everything begins at once."""
    quiet: bool = False
    """Tasks for which the agent reports nothing do not stay on the board."""
    max_usd_per_firing: Usd | None = None
    """What all runs of one task may cost together."""


class SchedulePatch(Patch):
    nullable = frozenset({"agent_id", "starts_at", "ends_at", "max_usd_per_firing", "version"})

    name: Name | None = None
    board_id: IdNumber | None = None
    agent_id: IdNumber | None = None
    template: ScheduledTaskPatch | None = None
    input: dict[str, Any] | None = None
    cron: Cron | None = None
    timezone: Zone | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    enabled: bool | None = None
    overlap: Overlap | None = None
    catch_up: CatchUp | None = None
    grace_seconds: Grace | None = None
    jitter_seconds: Jitter | None = None
    quiet: bool | None = None
    max_usd_per_firing: Usd | None = None
    version: int | None = None
    """The version that was read; an outdated one is refused, with the current schedule."""


class ScheduledTaskOut(Out):
    title: str
    description: str
    priority: Priority
    tags: list[str]
    due_in: int | None
    requires_approval: bool


class ScheduleOut(Out):
    id: int
    name: str
    board_id: int | None
    """Null after its board was deleted."""
    agent_id: int | None
    agent_name: str | None
    template: ScheduledTaskOut | None
    workflow_id: int | None
    workflow_name: str | None
    input: dict[str, Any] | None
    cron: str
    cron_words: str
    timezone: str
    starts_at: str | None
    ends_at: str | None
    enabled: bool
    overlap: Overlap
    catch_up: CatchUp
    grace_seconds: int
    jitter_seconds: int
    quiet: bool
    max_usd_per_firing: float | None
    next_at: str | None
    next_words: str | None
    """In its zone: `tomorrow at 09:00`."""
    paused_reason: str | None
    """Why it was switched off after three failures."""
    failures_in_a_row: int
    spent_this_month_usd: float
    version: int
    created_by_user_id: int | None
    """On whose behalf it creates tasks."""
    created_by_name: str | None
    created_at: str
    updated_at: str


class ScheduleList(RootModel[list[ScheduleOut]]):
    """The schedules of the boards that the caller sees, the next one first."""


class FiringOut(Out):
    due_at: str
    state: FiringState
    reason: str | None
    """Why it was skipped, failed or waits."""
    task_id: int | None
    task_key: str | None
    task_title: str | None
    task_status: TaskStatus | None
    workflow_run_id: int | None
    run_state: WorkflowState | None
    created_at: str


class FiringList(RootModel[list[FiringOut]]):
    """Newest first. Kept for 90 days."""


class PreviewIn(In):
    cron: Cron
    timezone: Zone | None = None
    """Null: the organization's."""
    starts_at: Moment | None = None
    ends_at: Moment | None = None
    count: Annotated[int, Field(ge=1, le=50)] = 5


class PreviewTime(Out):
    at: str
    words: str
    note: Literal["the clock goes back that night", "the clock goes forward that night"] | None


class PreviewOut(Out):
    words: str
    """The expression in words."""
    times: list[PreviewTime]


class TemplatePath(Query):
    template_id: int


class TemplateFilter(Paging):
    board_id: IdNumber | None = None
    """Those for this board, and those for every board."""


class TemplateContent(ScheduledTask):
    """What a new task begins with."""

    agent_id: IdNumber | None = None


class TemplateContentPatch(ScheduledTaskPatch):
    nullable = frozenset({"due_in", "agent_id"})

    agent_id: IdNumber | None = None


class TemplateIn(In):
    name: Name
    board_id: IdNumber | None = None
    """Null: for every board, for admins to save."""
    content: TemplateContent


class TemplatePatch(Patch):
    name: Name | None = None
    content: TemplateContentPatch | None = None


class TemplateContentOut(ScheduledTaskOut):
    agent_id: int | None


class TemplateOut(Out):
    id: int
    name: str
    board_id: int | None
    content: TemplateContentOut
    may_change: bool
    created_by_user_id: int | None
    created_at: str


class TemplateList(RootModel[list[TemplateOut]]):
    """By name."""
