"""Schedules, which create tasks or start workflows, and the times at which they did or did not."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, false, true
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import EnumText, Id, Money, UtcDateTime
from helix.models.vocabulary import CatchUp, FiringState, Overlap


class Schedule(Model):
    """Creates a task of `template` on `board_id` for `agent_id`, or starts `workflow_id` with `input`.

    `template` has title (with {date} and {week}), description, priority, tags, due_in (days) and requires_approval.
    `due_at` is the next time of `cron` in `timezone`, and `next_at` the same with the jitter: when it is carried out.
    Both are None while it is disabled or paused, or has no further time.
    """

    __tablename__ = "schedules"
    __table_args__ = (Index("ix_schedules_next", "next_at"), Index("ix_schedules_board", "board_id", "id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    board_id: Mapped[int | None] = mapped_column(Id, ForeignKey("boards.id"))
    agent_id: Mapped[int | None] = mapped_column(Id, ForeignKey("agents.id"))
    template: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    workflow_id: Mapped[int | None] = mapped_column(Id, ForeignKey("workflows.id", ondelete="CASCADE"))
    input: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    cron: Mapped[str] = mapped_column(String(120))
    timezone: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    overlap: Mapped[Overlap] = mapped_column(EnumText(Overlap, 8), default=Overlap.SKIP)
    catch_up: Mapped[CatchUp] = mapped_column(EnumText(CatchUp, 8), default=CatchUp.ONE)
    grace_seconds: Mapped[int] = mapped_column(default=600)
    jitter_seconds: Mapped[int] = mapped_column(default=0)
    quiet: Mapped[bool] = mapped_column(default=False, server_default=false())
    max_usd_per_firing: Mapped[Decimal | None] = mapped_column(Money)
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_reason: Mapped[str | None] = mapped_column(String(300))
    failures_in_a_row: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    created_by_user_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ScheduleFiring(Model):
    """One time of a schedule. Its primary key makes it happen once, on any number of hosts."""

    __tablename__ = "schedule_firings"

    schedule_id: Mapped[int] = mapped_column(Id, ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    state: Mapped[FiringState] = mapped_column(EnumText(FiringState, 8))
    reason: Mapped[str | None] = mapped_column(String(300))
    task_id: Mapped[int | None] = mapped_column(Id)
    workflow_run_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TaskTemplate(Model):
    """What a new task begins with. `board_id` None: for every board.

    `content` has title, description, agent_id, priority, tags, due_in (days) and requires_approval.
    """

    __tablename__ = "task_templates"
    __table_args__ = (Index("ix_task_templates_board", "board_id", "name"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    board_id: Mapped[int | None] = mapped_column(Id, ForeignKey("boards.id", ondelete="CASCADE"))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_by_user_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
