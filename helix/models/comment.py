from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helix.extensions import Model
from helix.models.agent import Agent
from helix.models.types import Id, UtcDateTime
from helix.models.user import User


class Comment(Model):
    __tablename__ = "comments"
    __table_args__ = (Index("ix_comments_task", "task_id", "id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    task_id: Mapped[int] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id"), index=True)
    agent_id: Mapped[int | None] = mapped_column(Id, ForeignKey("agents.id"), index=True)
    content: Mapped[str] = mapped_column(Text)
    mentions: Mapped[dict[str, Any]] = mapped_column(JSON, default=lambda: {"users": [], "agents": []})
    # `feedback` when the comment rejected a result, `withdrawn` when that was undone, `answer` of an agent; else empty.
    kind: Mapped[str] = mapped_column(String(12), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User | None] = relationship(lazy="raise")
    agent: Mapped[Agent | None] = relationship(lazy="raise")
