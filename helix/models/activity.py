from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import EnumText, Id, UtcDateTime
from helix.models.vocabulary import ActorType


class Activity(Model):
    """An entry of the activity log, written in the transaction of the change. Names are stored as they were then."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_entity", "entity_type", "entity_id", "id"),
        Index("ix_activity_type", "entity_type", "id"),
        Index("ix_activity_action", "action", "id"),
        Index("ix_activity_actor", "actor_type", "actor_id", "id"),
        Index("ix_activity_agent", "agent_id", "id"),
        Index("ix_activity_created", "created_at", "id"),
        Index("ix_activity_board", "board_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    actor_type: Mapped[ActorType] = mapped_column(EnumText(ActorType, 8))
    actor_id: Mapped[int | None] = mapped_column(Id)
    actor_name: Mapped[str] = mapped_column(String(120))
    action: Mapped[str] = mapped_column(String(40))
    entity_type: Mapped[str] = mapped_column(String(20))
    entity_id: Mapped[int | None] = mapped_column(Id)
    entity_title: Mapped[str] = mapped_column(String(500), default="")
    # The agent that the entry is about or by, for the filter `?agent_id=`.
    agent_id: Mapped[int | None] = mapped_column(Id)
    # Only users who see this board see the entry. None: no board; see `admin_only`.
    board_id: Mapped[int | None] = mapped_column(Id)
    admin_only: Mapped[bool] = mapped_column(default=False)
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
