from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import Id, UtcDateTime


class _File:
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    file_key: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(255))
    content_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    description: Mapped[str] = mapped_column(Text, default="")
    uploaded_by_user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TaskAttachment(_File, Model):
    __tablename__ = "task_attachments"

    task_id: Mapped[int] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"), index=True)
    # Files of agents: the run that saved it, and the version that this one replaces. Both None for uploads.
    made_by_run_id: Mapped[int | None] = mapped_column(Id)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    replaces_id: Mapped[int | None] = mapped_column(Id)
    # The text for prompts; None when there is none, with the reason in `extract_note`.
    extracted_text: Mapped[str | None] = mapped_column(Text)
    extract_note: Mapped[str] = mapped_column(String(200), default="")


class SkillAttachment(_File, Model):
    __tablename__ = "skill_attachments"
    __table_args__ = (
        Index(
            "ix_skill_attachments_skill_id_path",
            "skill_id",
            "path",
            unique=True,
            sqlite_where=text("path <> ''"),
            postgresql_where=text("path <> ''"),
        ),
    )

    skill_id: Mapped[int] = mapped_column(Id, ForeignKey("skills.id", ondelete="CASCADE"), index=True)
    # Relative to the folder of the skill, such as references/forms.md. Empty for files stored before there were paths.
    path: Mapped[str] = mapped_column(String(300), default="")
    # The text for prompts; None without a note until it was extracted.
    extracted_text: Mapped[str | None] = mapped_column(Text)
    extract_note: Mapped[str] = mapped_column(String(200), default="")
