from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import EnumText, Id, UtcDateTime
from helix.models.vocabulary import LinkUntil

UNMET = text("NOT met")


class TaskLink(Model):
    """A task needs another one: it is not run before the other has come as far as `until` says.

    `met` says whether it has. `Task.blocked_count` counts the links of a task that are not met.
    """

    __tablename__ = "task_links"
    __table_args__ = (
        Index("ix_task_links_needs", "needs_task_id", "task_id"),
        Index("ix_task_links_unmet", "task_id", sqlite_where=UNMET, postgresql_where=UNMET),
    )

    task_id: Mapped[int] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    needs_task_id: Mapped[int] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    until: Mapped[LinkUntil] = mapped_column(EnumText(LinkUntil, 10))
    met: Mapped[bool]
    created_by_user_id: Mapped[int | None] = mapped_column(Id)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
