from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import Id, Money, UtcDateTime

ONE_DEFAULT = text("is_default")


class AiModel(Model):
    """A language model that agents may use. Named AiModel because `models` means database models."""

    __tablename__ = "ai_models"
    __table_args__ = (
        Index(
            "uq_ai_models_default",
            "is_default",
            unique=True,
            sqlite_where=ONE_DEFAULT,
            postgresql_where=ONE_DEFAULT,
        ),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    provider: Mapped[str] = mapped_column(String(40))
    model_name: Mapped[str] = mapped_column(String(200))
    display_name: Mapped[str] = mapped_column(String(120))
    base_url: Mapped[str | None] = mapped_column(String(500))
    api_key_encrypted: Mapped[str | None] = mapped_column(String(2000))
    key_hint: Mapped[str | None] = mapped_column(String(8))
    context_window: Mapped[int | None]
    max_output_tokens: Mapped[int | None]
    input_cost_per_million: Mapped[Decimal | None] = mapped_column(Money)
    output_cost_per_million: Mapped[Decimal | None] = mapped_column(Money)
    is_default: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    # Whether it can call tools, as found by the last test. None: not known.
    supports_tools: Mapped[bool | None]
    last_test: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def has_api_key(self) -> bool:
        return self.api_key_encrypted is not None

    @property
    def cooldown_key(self) -> str:
        """Shared by models of the same provider at the same address, which usually fail together."""
        return f"{self.provider}|{self.base_url or ''}"

    @property
    def own_cooldown_key(self) -> str:
        return self.cooldown_key_of(self.id)

    @staticmethod
    def cooldown_key_of(model_id: int) -> str:
        """The cooldown key of a single model."""
        return f"model:{model_id}"


class ProviderCooldown(Model):
    """A provider's address, or one model, that failed and is not called until a time."""

    __tablename__ = "provider_cooldowns"

    key: Mapped[str] = mapped_column(String(600), primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(String(32))
    failures: Mapped[int] = mapped_column(default=1)
