from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, SmallInteger, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import Id, Money, UtcDateTime
from helix.models.vocabulary import BoardLevel


class Organization(Model):
    """The one organization of an installation: its row has the id 1."""

    __tablename__ = "organization"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True, default=1)
    name: Mapped[str] = mapped_column(String(120))
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    default_board_level: Mapped[int] = mapped_column(SmallInteger, default=BoardLevel.CREATE)
    monthly_budget_usd: Mapped[Decimal | None] = mapped_column(Money, default=Decimal(50))
    unknown_price_per_million_usd: Mapped[Decimal] = mapped_column(Money, default=Decimal(30))
    retention_days: Mapped[int | None] = mapped_column(default=None)
    telegram_enabled: Mapped[bool] = mapped_column(default=False)
    telegram_bot_username: Mapped[str | None] = mapped_column(String(64))
    telegram_bot_token_encrypted: Mapped[str | None] = mapped_column(String(600))
    # Every bot numbers its updates on its own: the id of the bot that the offset belongs to.
    telegram_update_offset: Mapped[int] = mapped_column(Id, default=0)
    telegram_update_bot: Mapped[str | None] = mapped_column(String(20))
    # Whether Telegram sends updates by webhook; otherwise the scheduler polls for them.
    telegram_webhook: Mapped[bool] = mapped_column(default=False, server_default=false())
    public_url: Mapped[str | None] = mapped_column(String(300))
    run_timeout_seconds: Mapped[int] = mapped_column(default=900)
    max_run_attempts: Mapped[int] = mapped_column(default=3)
    # What one run may cost before a person is asked for more.
    max_run_usd: Mapped[Decimal] = mapped_column(Money, default=Decimal(1), server_default=text("1000000000"))
    # The search engine of the tool web_search, by its name in litellm. None: the tool is off.
    web_search_provider: Mapped[str | None] = mapped_column(String(20))
    web_search_url: Mapped[str | None] = mapped_column(String(1000))
    web_search_key_encrypted: Mapped[str | None] = mapped_column(String(4000))
    web_search_key_hint: Mapped[str | None] = mapped_column(String(8))
    # How long a model's stream may be idle before the call is aborted.
    stream_idle_seconds: Mapped[int] = mapped_column(default=120, server_default=text("120"))
    # How many runs a user may start by mentioning agents within an hour.
    mention_runs_per_hour: Mapped[int] = mapped_column(default=30, server_default=text("30"))
    password_min_length: Mapped[int] = mapped_column(SmallInteger, default=7)
    # Of an installation that began with the demo organization: {"loaded_at": ..., "dismissed": false}.
    sample_data: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    setup_finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
