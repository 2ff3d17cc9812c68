from datetime import datetime
from decimal import Decimal

from sqlalchemy import JSON, ForeignKey, Index, SmallInteger, String, Text, false, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, remote, validates

from helix.extensions import Model
from helix.models.agent import Agent
from helix.models.board import Board
from helix.models.run import Run
from helix.models.types import EnumText, Id, Money, Rank, UtcDateTime, folded_column, search_expression, set_folded
from helix.models.user import User
from helix.models.vocabulary import Priority, TaskOrigin, TaskStatus

LIVE = text("deleted_at IS NULL AND NOT archived")
EXISTING = text("deleted_at IS NULL")
GONE = text("deleted_at IS NOT NULL")
OPEN = text("deleted_at IS NULL AND NOT archived AND status NOT IN ('approved', 'done', 'cancelled')")
# Neither archived nor deleted. Literal text, because SQLite uses a partial index only for the same text.
LIVE_TASK = text("tasks.deleted_at IS NULL AND NOT tasks.archived")
# A live task that is open, and so can be overdue.
OPEN_TASK = text(
    "tasks.deleted_at IS NULL AND NOT tasks.archived AND tasks.status NOT IN ('approved', 'done', 'cancelled')"
)


def _live(name: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=LIVE, postgresql_where=LIVE)


def _existing(name: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=EXISTING, postgresql_where=EXISTING)


def _where(name: str, *columns_and_condition: str, unique: bool = False) -> Index:
    *columns, condition = columns_and_condition
    return Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))


class Task(Model):
    """A task on a board. Attempts at it are its runs."""

    __tablename__ = "tasks"
    __table_args__ = (
        _live("ix_tasks_column", "board_id", "status", "position", "id"),
        _live("ix_tasks_board_position", "board_id", "position", "id"),
        _live("ix_tasks_agent", "assigned_agent_id", "status", "id"),
        _live("ix_tasks_of_person", "assigned_user_id", "status", "id"),
        Index("ix_tasks_agent_newest", "assigned_agent_id", "id"),
        _live("ix_tasks_due", "due_at", "id"),
        Index("ix_tasks_board_created", "board_id", "created_at", "id"),
        Index("ix_tasks_board_updated", "board_id", "updated_at", "id"),
        Index("ix_tasks_creator", "created_by_user_id", "id"),
        _existing("ix_tasks_completed", "completed_at", "board_id"),
        _existing("ix_tasks_created", "created_at", "board_id"),
        Index("ix_tasks_overdue", "due_at", "board_id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_tasks_updated", "updated_at", "id"),
        Index("ix_tasks_deleted", "deleted_at", sqlite_where=GONE, postgresql_where=GONE),
        _where("uq_tasks_external_key", "external_key", "external_key IS NOT NULL", unique=True),
        _where("ix_tasks_ready", "id", "run_when_ready"),
        _where("ix_tasks_tree", "root_task_id", "id", "root_task_id IS NOT NULL"),
        _where("ix_tasks_workflow_run", "workflow_run_id", "step_key", "workflow_run_id IS NOT NULL"),
        _where("ix_tasks_schedule", "schedule_id", "id", "schedule_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    # Incremented by changes of people, for optimistic locking.
    version: Mapped[int] = mapped_column(default=1)
    title: Mapped[str] = mapped_column(String(500))
    description: Mapped[str] = mapped_column(Text, default="")
    title_folded: Mapped[str | None] = folded_column("title")
    description_folded: Mapped[str | None] = folded_column("description")
    status: Mapped[TaskStatus] = mapped_column(EnumText(TaskStatus, 16), default=TaskStatus.TODO)
    priority_rank: Mapped[int] = mapped_column(SmallInteger, default=Priority.MEDIUM.rank)
    board_id: Mapped[int] = mapped_column(Id, ForeignKey("boards.id"))
    position: Mapped[str] = mapped_column(Rank)
    assigned_agent_id: Mapped[int | None] = mapped_column(Id, ForeignKey("agents.id"))
    # The person who does it, beside or instead of an agent.
    assigned_user_id: Mapped[int | None] = mapped_column(Id)
    created_by_user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id"))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # In the order entered; `task_tags` has the same tags for filtering.
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    requires_approval: Mapped[bool] = mapped_column(default=True)
    result: Mapped[str | None] = mapped_column(Text)
    # Whether the result was cut off at the output token limit.
    result_truncated: Mapped[bool] = mapped_column(default=False, server_default=false())
    result_run_id: Mapped[int | None] = mapped_column(Id)
    # A person has changed the result; the run keeps what its agent wrote.
    result_edited_by_user_id: Mapped[int | None] = mapped_column(Id)
    result_edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_by_user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id"))
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    archived: Mapped[bool] = mapped_column(default=False)
    comment_count: Mapped[int] = mapped_column(default=0)
    attachment_count: Mapped[int] = mapped_column(default=0)
    # No foreign key: runs reference tasks, and tables with circular references cannot be created in order.
    last_run_id: Mapped[int | None] = mapped_column(Id)
    # Circuit breaker: why automatic runs of this task are stopped until a person acts.
    auto_stopped: Mapped[str | None] = mapped_column(String(300))
    # How many links to needed tasks are not met (see TaskLink).
    blocked_count: Mapped[int] = mapped_column(default=0, server_default="0")
    # It was executed while it was blocked: a run is queued when the last needed task is there, for `ready_user_id`.
    run_when_ready: Mapped[bool] = mapped_column(default=False, server_default=false())
    ready_user_id: Mapped[int | None] = mapped_column(Id)
    origin: Mapped[TaskOrigin] = mapped_column(
        EnumText(TaskOrigin, 12), default=TaskOrigin.MANUAL, server_default="manual"
    )
    # What another system calls it; the same key never creates a second task.
    external_key: Mapped[str | None] = mapped_column(String(200))
    schedule_id: Mapped[int | None] = mapped_column(Id)
    workflow_run_id: Mapped[int | None] = mapped_column(Id)
    step_key: Mapped[str | None] = mapped_column(String(60))
    # Of a task that an agent delegated: the task that it was working on, and the first one of the tree.
    root_task_id: Mapped[int | None] = mapped_column(Id)
    parent_task_id: Mapped[int | None] = mapped_column(Id)
    depth: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    # What all runs of the task and of those delegated from it may cost together. None: only each run is limited.
    max_usd: Mapped[Decimal | None] = mapped_column(Money)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    board: Mapped[Board] = relationship(lazy="raise")
    assigned_agent: Mapped[Agent | None] = relationship(lazy="raise")
    assigned_user: Mapped[User | None] = relationship(
        lazy="raise",
        viewonly=True,
        uselist=False,
        primaryjoin=lambda: foreign(Task.assigned_user_id) == remote(User.id),
    )
    created_by: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[created_by_user_id])
    approved_by: Mapped[User | None] = relationship(lazy="raise", foreign_keys=[approved_by_user_id])
    last_run: Mapped[Run | None] = relationship(
        lazy="raise", viewonly=True, uselist=False, primaryjoin=lambda: foreign(Task.last_run_id) == remote(Run.id)
    )

    @validates("title", "description")
    def _keep_folded(self, name: str, text: str) -> str:
        return set_folded(self, name, text)

    @property
    def priority(self) -> Priority:
        return Priority.at(self.priority_rank)

    @priority.setter
    def priority(self, value: Priority) -> None:
        self.priority_rank = Priority(value).rank


TITLE = search_expression(Task.title, Task.title_folded)
DESCRIPTION = search_expression(Task.description, Task.description_folded)


class TaskTag(Model):
    __tablename__ = "task_tags"

    task_id: Mapped[int] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(50), primary_key=True)

    __table_args__ = (Index("ix_task_tags_tag_task_id", "tag", "task_id"),)


class TaskWatch(Model):
    """A user's choice to watch a task or not."""

    __tablename__ = "task_watches"

    task_id: Mapped[int] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    watching: Mapped[bool] = mapped_column(default=True)


class AgentWatch(Model):
    """A user's choice to watch an agent or not. Without one, admins watch every agent."""

    __tablename__ = "agent_watches"

    agent_id: Mapped[int] = mapped_column(Id, ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(Id, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True)
    watching: Mapped[bool] = mapped_column(default=True)
