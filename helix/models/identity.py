from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import Id, UtcDateTime


class Identity(Model):
    """A user's account at an OpenID Connect provider: its issuer and subject."""

    __tablename__ = "identities"
    __table_args__ = (Index("uq_identities_issuer", "issuer", "subject", unique=True),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)
