"""Workflows: definitions of tasks that need one another, their versions, and their runs."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import EnumText, Id, Money, UtcDateTime
from helix.models.vocabulary import StepState, TaskOrigin, WorkflowState, WorkflowStepKind


class Workflow(Model):
    """A definition that is being edited (`draft`), and the number of its newest version, 0 before the first."""

    __tablename__ = "workflows"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    description: Mapped[str] = mapped_column(String(1000), default="", server_default="")
    # The board on which its tasks are created, unless a start names another one.
    board_id: Mapped[int | None] = mapped_column(Id, ForeignKey("boards.id"))
    draft: Mapped[dict[str, Any]] = mapped_column(JSON)
    number: Mapped[int] = mapped_column(default=0, server_default="0")
    enabled: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    created_by_user_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WorkflowVersion(Model):
    """A definition that is never changed: runs name its number."""

    __tablename__ = "workflow_versions"

    workflow_id: Mapped[int] = mapped_column(Id, ForeignKey("workflows.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    user_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WorkflowRun(Model):
    """One execution of a version. Its tasks have `Task.workflow_run_id`."""

    __tablename__ = "workflow_runs"
    __table_args__ = (
        Index("ix_workflow_runs_workflow", "workflow_id", "id"),
        Index("ix_workflow_runs_board", "board_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    workflow_id: Mapped[int] = mapped_column(Id, ForeignKey("workflows.id", ondelete="CASCADE"))
    number: Mapped[int]
    board_id: Mapped[int] = mapped_column(Id, ForeignKey("boards.id"))
    input: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[WorkflowState] = mapped_column(EnumText(WorkflowState, 10))
    reason: Mapped[str | None] = mapped_column(String(300))
    origin: Mapped[TaskOrigin] = mapped_column(EnumText(TaskOrigin, 12))
    max_usd: Mapped[Decimal | None] = mapped_column(Money)
    started_by_user_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WorkflowRunStep(Model):
    """A step of a run. `task_id` of steps that are tasks; `output` has the values that were handed in."""

    __tablename__ = "workflow_run_steps"
    __table_args__ = (
        Index("ix_workflow_run_steps_task", "task_id"),
        Index("ix_workflow_run_steps_resume", "resume_at"),
    )

    workflow_run_id: Mapped[int] = mapped_column(
        Id, ForeignKey("workflow_runs.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    ordinal: Mapped[int]
    kind: Mapped[WorkflowStepKind] = mapped_column(EnumText(WorkflowStepKind, 10))
    state: Mapped[StepState] = mapped_column(EnumText(StepState, 10))
    task_id: Mapped[int | None] = mapped_column(Id)
    output: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    reason: Mapped[str | None] = mapped_column(String(300))
    # Of steps of kind `wait`.
    resume_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
