"""Departments and boards, the grants, counters and saved views of boards."""

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, SmallInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helix.extensions import Model
from helix.models.types import Id


class Department(Model):
    __tablename__ = "departments"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_key: Mapped[str] = mapped_column(String(80), unique=True)
    emoji: Mapped[str] = mapped_column(String(16), default="")
    sort_order: Mapped[int] = mapped_column(default=0)


class Board(Model):
    __tablename__ = "boards"
    __table_args__ = (Index("uq_boards_key", "key", unique=True),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    description: Mapped[str] = mapped_column(Text, default="")
    department_id: Mapped[int] = mapped_column(Id, ForeignKey("departments.id"), index=True)
    sort_order: Mapped[int] = mapped_column(default=0)
    # In the readable ids of its tasks: SEO in SEO-22.
    key: Mapped[str | None] = mapped_column(String(8))
    # Of members without a grant of their own. None: as everywhere in the organization.
    default_level: Mapped[int | None] = mapped_column(SmallInteger)
    # The maximum number of tasks in a column: {"review": 5}.
    wip_limits: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    department: Mapped[Department] = relationship(lazy="raise")


class BoardGrant(Model):
    """A member's own level on a board, in place of the organization's default."""

    __tablename__ = "board_grants"

    board_id: Mapped[int] = mapped_column(Id, ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    level: Mapped[int] = mapped_column(SmallInteger)


class TaskTally(Model):
    """Counters of live tasks by board and status: the sum of the rows is the count.

    Triggers on `tasks` insert rows of +1 and -1 and never update one, so that concurrent moves do not block each
    other. The scheduler merges old rows.
    """

    __tablename__ = "task_tallies"
    __table_args__ = (Index("ix_task_tallies_board_id_status", "board_id", "status"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    board_id: Mapped[int] = mapped_column(Id)
    status: Mapped[str] = mapped_column(String(16))
    amount: Mapped[int]


class SavedView(Model):
    """A board's filters under a name, private or shared with everyone who sees the board."""

    __tablename__ = "saved_views"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    board_id: Mapped[int] = mapped_column(Id, ForeignKey("boards.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(String(1000))
    shared: Mapped[bool] = mapped_column(default=False)
