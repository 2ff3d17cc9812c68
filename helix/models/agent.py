from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from helix.extensions import Model
from helix.models.ai_model import AiModel
from helix.models.avatar import HasAvatar
from helix.models.types import EnumText, Id, Money, UtcDateTime
from helix.models.vocabulary import ExecutionMode


class Agent(HasAvatar, Model):
    """An AI agent: a system prompt, skills, a model, and an execution mode."""

    __tablename__ = "agents"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    role_title: Mapped[str] = mapped_column(String(120), default="")
    department_id: Mapped[int | None] = mapped_column(Id, ForeignKey("departments.id"), index=True)
    primary_board_id: Mapped[int | None] = mapped_column(Id, ForeignKey("boards.id"), index=True)
    system_prompt: Mapped[str] = mapped_column(Text, default="")
    # For people, not part of prompts. Imported agents: the parts of the file that are not the prompt.
    notes: Mapped[str] = mapped_column(Text, default="")
    execution_mode: Mapped[ExecutionMode] = mapped_column(EnumText(ExecutionMode, 8), default=ExecutionMode.MANUAL)
    ai_model_id: Mapped[int | None] = mapped_column(Id, ForeignKey("ai_models.id"), index=True)
    enabled: Mapped[bool] = mapped_column(default=True)
    monthly_budget_usd: Mapped[Decimal | None] = mapped_column(Money)
    budget_paused: Mapped[bool] = mapped_column(default=False)
    max_parallel_runs: Mapped[int] = mapped_column(default=1)
    max_output_tokens: Mapped[int] = mapped_column(default=4096)
    # Whether its newest finished run failed: the status `error` follows from it.
    last_run_failed: Mapped[bool] = mapped_column(default=False)
    # Switched to auto, and still starting waiting tasks: the last task id processed. None: nothing to do.
    taking_up_after: Mapped[int | None] = mapped_column(Id)
    # Deleted, but its live runs and open tasks are still to be detached.
    leaving: Mapped[bool] = mapped_column(default=False)
    # What its deletion took away, so that it can be undone: see services/agents/deletion.py.
    before_deletion: Mapped[dict[str, Any] | None] = deferred(mapped_column(JSON(none_as_null=True)))
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    ai_model: Mapped[AiModel | None] = relationship(lazy="raise")

    @property
    def shown_name(self) -> str:
        return self.name_shown(self.name, self.deleted_at)

    @staticmethod
    def name_shown(name: str, deleted_at: datetime | None) -> str:
        return f"{name} (deleted)" if deleted_at else name
