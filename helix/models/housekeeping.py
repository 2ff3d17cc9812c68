"""Coordination between processes and repeated requests."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import Id, UtcDateTime


class Lease(Model):
    """Of several scheduler processes, the one that holds the lease works."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    holder: Mapped[str] = mapped_column(String(120))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class IdempotencyKey(Model):
    """The response to the first request with an idempotency key, for 24 hours."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("uq_idempotency_keys", "user_id", "key", "route", unique=True),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(255))
    route: Mapped[str] = mapped_column(String(200))
    body_hash: Mapped[str] = mapped_column(String(64))
    # None while the first request is running.
    status: Mapped[int | None]
    answer: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
