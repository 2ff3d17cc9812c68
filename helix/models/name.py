from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import Id


class Name(Model):
    """A name in use by a user or an agent. One table, so that @mentions are unambiguous."""

    __tablename__ = "names"

    key: Mapped[str] = mapped_column(String(160), primary_key=True)  # case-folded
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    agent_id: Mapped[int | None] = mapped_column(Id, ForeignKey("agents.id", ondelete="CASCADE"), unique=True)
