"""Users, and the names of users and agents."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.avatar import HasAvatar
from helix.models.types import EnumText, Id, UtcDateTime
from helix.models.vocabulary import Role


class User(HasAvatar, Model):
    """A user account. Closing it keeps the row, because its history references it."""

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_telegram_user_id", "telegram_user_id", unique=True),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(254))
    # Lower case; None once the account is closed, so that the address becomes available.
    email_key: Mapped[str | None] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    role: Mapped[Role] = mapped_column(EnumText(Role, 16), default=Role.MEMBER)
    is_active: Mapped[bool] = mapped_column(default=True)
    telegram_notifications: Mapped[bool] = mapped_column(default=False)
    # A Telegram account belongs to at most one user.
    telegram_user_id: Mapped[str | None] = mapped_column(String(32))
    timezone: Mapped[str | None] = mapped_column(String(64))
    theme: Mapped[str] = mapped_column(String(8), default="system")
    # Small settings of how this person sees pages, by page.
    preferences: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default=text("'{}'"))
    # By type of notification, where it differs from the default: {"mention": {"app": True, "telegram": False}}.
    notification_settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default=text("'{}'"))
    snoozed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Part of every access token: incrementing it revokes all of them.
    token_version: Mapped[int] = mapped_column(default=1)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def shown_name(self) -> str:
        return self.name_shown(self.name, self.closed_at)

    @staticmethod
    def name_shown(name: str, closed_at: datetime | None) -> str:
        return f"{name} (closed)" if closed_at else name


class Name(Model):
    """A name in use by a user or an agent. One table, so that @mentions are unambiguous."""

    __tablename__ = "names"

    key: Mapped[str] = mapped_column(String(160), primary_key=True)  # case-folded
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    agent_id: Mapped[int | None] = mapped_column(Id, ForeignKey("agents.id", ondelete="CASCADE"), unique=True)
