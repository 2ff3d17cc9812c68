from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, validates

from helix.extensions import Model
from helix.models.types import EnumText, Id, UtcDateTime, folded_column, set_folded
from helix.models.vocabulary import ActivationMode


class Skill(Model):
    """Instructions in markdown that agents are given."""

    __tablename__ = "skills"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(String(240), unique=True)
    slug: Mapped[str] = mapped_column(String(140), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(String(80), default="", index=True)
    tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    content: Mapped[str] = mapped_column(Text, default="")
    name_folded: Mapped[str | None] = folded_column("name")
    description_folded: Mapped[str | None] = folded_column("description")
    content_folded: Mapped[str | None] = folded_column("content")
    version: Mapped[str] = mapped_column(String(64), default="1.0.0")
    activation_mode: Mapped[ActivationMode] = mapped_column(EnumText(ActivationMode, 8), default=ActivationMode.ALWAYS)
    activation_tags: Mapped[list[str]] = mapped_column(JSON, default=list)
    applies_to_all_agents: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    # Front matter keys that HELIX does not use, kept for the export.
    extra: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # The imported file's text before the content, byte for byte, so that numbers such as 1.10 are exported unchanged.
    front_matter: Mapped[str] = mapped_column(Text, default="")
    created_by_user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @validates("name", "description", "content")
    def _keep_folded(self, name: str, text: str) -> str:
        return set_folded(self, name, text)


class SkillVersion(Model):
    """A saved version of a skill."""

    __tablename__ = "skill_versions"
    __table_args__ = (Index("ix_skill_versions_skill_id_number", "skill_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    skill_id: Mapped[int] = mapped_column(Id, ForeignKey("skills.id", ondelete="CASCADE"))
    number: Mapped[int]
    version: Mapped[str] = mapped_column(String(64))
    snapshot: Mapped[dict[str, Any]] = mapped_column(JSON)
    user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SkillTag(Model):
    __tablename__ = "skill_tags"

    skill_id: Mapped[int] = mapped_column(Id, ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True)
    tag: Mapped[str] = mapped_column(String(50), primary_key=True, index=True)


class SkillAgent(Model):
    __tablename__ = "skill_agents"

    skill_id: Mapped[int] = mapped_column(Id, ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(Id, ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True, index=True)


class SkillBoard(Model):
    __tablename__ = "skill_boards"

    skill_id: Mapped[int] = mapped_column(Id, ForeignKey("skills.id", ondelete="CASCADE"), primary_key=True)
    board_id: Mapped[int] = mapped_column(Id, ForeignKey("boards.id", ondelete="CASCADE"), primary_key=True, index=True)
