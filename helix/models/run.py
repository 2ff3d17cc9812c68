from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, String, Text, false, literal_column, text, true
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from helix.extensions import Model
from helix.models.agent import Agent
from helix.models.types import EnumText, Id, Money, UtcDateTime
from helix.models.vocabulary import FailureReason, RunStatus, StepKind, TaskStatus, Trigger

LIVE_WORK = text("status IN ('queued', 'running', 'waiting') AND trigger <> 'mention'")
LIVE_MENTION = text("status IN ('queued', 'running', 'waiting') AND trigger = 'mention'")
LIVE = text("status IN ('queued', 'running', 'waiting')")
IS_RETRY = text("retry_of IS NOT NULL")
MENTIONS_BY_PEOPLE = text("trigger = 'mention' AND retry_of IS NULL")
IN_CONVERSATION = text("conversation_id IS NOT NULL")
HAS_COMMENT = text("comment_id IS NOT NULL")
# Runs with a reservation for a model call.
RESERVING = text("reserved_usd > 0")


class Run(Model):
    """One attempt at a task by an agent. The row is authoritative; a job in the queue only wakes a worker."""

    __tablename__ = "runs"
    __table_args__ = (
        # At most one live run of a task, however often Execute is pressed.
        Index("uq_runs_live_work", "task_id", unique=True, sqlite_where=LIVE_WORK, postgresql_where=LIVE_WORK),
        Index(
            "uq_runs_live_mention",
            "task_id",
            "agent_id",
            "comment_id",
            unique=True,
            sqlite_where=LIVE_MENTION,
            postgresql_where=LIVE_MENTION,
        ),
        Index("ix_runs_live", "status", "queued_at", sqlite_where=LIVE, postgresql_where=LIVE),
        Index("ix_runs_live_agent", "agent_id", "status", sqlite_where=LIVE, postgresql_where=LIVE),
        Index("ix_runs_task", "task_id", "id"),
        Index("ix_runs_agent", "agent_id", "id"),
        Index("ix_runs_finished", "finished_at", "agent_id"),
        Index("ix_runs_retry_of", "retry_of", sqlite_where=IS_RETRY, postgresql_where=IS_RETRY),
        Index("ix_runs_reserving", "finished_at", sqlite_where=RESERVING, postgresql_where=RESERVING),
        Index(
            "ix_runs_mentions_of_person",
            "requested_by_user_id",
            "queued_at",
            sqlite_where=MENTIONS_BY_PEOPLE,
            postgresql_where=MENTIONS_BY_PEOPLE,
        ),
        Index(
            "ix_runs_conversation",
            "conversation_id",
            sqlite_where=IN_CONVERSATION,
            postgresql_where=IN_CONVERSATION,
        ),
        Index("ix_runs_comment_id", "comment_id", sqlite_where=HAS_COMMENT, postgresql_where=HAS_COMMENT),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    task_id: Mapped[int] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(Id, ForeignKey("agents.id"))
    trigger: Mapped[Trigger] = mapped_column(EnumText(Trigger, 8))
    attempt: Mapped[int] = mapped_column(default=1)
    # How often its worker was lost; the first four losses do not count as attempts.
    losses: Mapped[int] = mapped_column(default=0)
    retry_of: Mapped[int | None] = mapped_column(Id, ForeignKey("runs.id", ondelete="SET NULL"))
    comment_id: Mapped[int | None] = mapped_column(Id, ForeignKey("comments.id", ondelete="SET NULL"))
    requested_by_user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id"))
    status: Mapped[RunStatus] = mapped_column(EnumText(RunStatus, 10), default=RunStatus.QUEUED)
    reason: Mapped[FailureReason | None] = mapped_column(EnumText(FailureReason, 20))
    message: Mapped[str | None] = mapped_column(Text)
    came_from: Mapped[TaskStatus] = mapped_column(EnumText(TaskStatus, 16))
    # Fencing token: every write of a worker requires the value of its claim; a new claim or the sweeper increments it.
    fence: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str | None] = mapped_column(String(120))
    not_before: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ai_model_id: Mapped[int | None] = mapped_column(Id, ForeignKey("ai_models.id", ondelete="SET NULL"))
    model: Mapped[str | None] = mapped_column(String(250))
    prompt: Mapped[list[dict[str, str]] | None] = deferred(mapped_column(JSON(none_as_null=True)))
    result: Mapped[str | None] = deferred(mapped_column(Text))
    # The answer was cut off at the output token limit.
    result_truncated: Mapped[bool] = mapped_column(default=False, server_default=false())
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    # None: the price is not known.
    cost_usd: Mapped[Decimal | None] = mapped_column(Money)
    # What budgets count: the cost, or the configured maximum when the price is unknown.
    counted_usd: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    reserved_usd: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    budget_month: Mapped[str | None] = mapped_column(String(7))
    # The id of the first run of the chain of attempts whose messages this run continues (RunMessage).
    conversation_id: Mapped[int | None] = mapped_column(Id)
    turn_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    tool_call_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    # Time in workers over all claims, without waiting for people.
    active_seconds: Mapped[float] = mapped_column(default=0.0, server_default=text("0"))
    # When the last open request of a waiting run was answered.
    resumed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Facts for policies/tools.py.
    reads_private: Mapped[bool] = mapped_column(default=True, server_default=true())
    has_untrusted: Mapped[bool] = mapped_column(default=False, server_default=false())
    queued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    agent: Mapped[Agent] = relationship(lazy="raise")

    @hybrid_property
    def is_live(self) -> bool:
        return self.status in (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING)

    @is_live.inplace.expression
    @classmethod
    def _is_live(cls) -> ColumnElement[bool]:
        """With literals: SQLite uses a partial index only when the condition has the same text."""
        return cls.status.in_(tuple(literal_column(f"'{status}'") for status in ("queued", "running", "waiting")))


class RunStep(Model):
    """One step of a run's trace."""

    __tablename__ = "run_steps"
    __table_args__ = (Index("ix_run_steps_run_id_number", "run_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(Id, ForeignKey("runs.id", ondelete="CASCADE"))
    number: Mapped[int]
    kind: Mapped[StepKind] = mapped_column(EnumText(StepKind, 12))
    title: Mapped[str] = mapped_column(String(200))
    content: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    cost_usd: Mapped[Decimal | None] = mapped_column(Money)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BudgetMonth(Model):
    """A month's spending, and the reservations for running calls, in USD.

    `scope` is `organization` or `agent:<id>`; `month` is such as `2026-11`, in the organization's time zone.
    """

    __tablename__ = "budget_months"

    scope: Mapped[str] = mapped_column(String(32), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    spent_usd: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    reserved_usd: Mapped[Decimal] = mapped_column(Money, default=Decimal(0))
    # The highest percentage of the limit that admins were warned at.
    warned_at: Mapped[int] = mapped_column(default=0)
    # An admin lifted the limit for this month.
    lifted: Mapped[bool] = mapped_column(default=False)
    # The limit that counts as used up because too little of it was left for a call. Ignored after the limit is raised.
    used_up_limit_usd: Mapped[Decimal | None] = mapped_column(Money, default=None)


class TrialCost(Model):
    """What trying an agent outside of a task cost. Its budgets are those of the agent and of the organization.

    Written before the call at its highest cost, and corrected after it, as in the budgets.
    """

    __tablename__ = "trial_costs"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    agent_id: Mapped[int] = mapped_column(Id, ForeignKey("agents.id", ondelete="CASCADE"), index=True)
    # Who tried it.
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id", ondelete="SET NULL"), index=True)
    model: Mapped[str] = mapped_column(String(250))
    input_tokens: Mapped[int] = mapped_column(default=0)
    output_tokens: Mapped[int] = mapped_column(default=0)
    # None: the price is not known.
    cost_usd: Mapped[Decimal | None] = mapped_column(Money)
    counted_usd: Mapped[Decimal] = mapped_column(Money)
    finished_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
