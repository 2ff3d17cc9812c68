"""Files of skills keep their paths and what they say, skills their front matter, and agents have notes

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Without a path and without a note a file lies at the top under its name, and is read by the next worker.
    op.add_column("skill_attachments", sa.Column("path", sa.String(300), nullable=False, server_default=""))
    op.add_column("skill_attachments", sa.Column("extracted_text", sa.Text(), nullable=True))
    op.add_column("skill_attachments", sa.Column("extract_note", sa.String(200), nullable=False, server_default=""))
    has_path = sa.text("path <> ''")
    op.create_index(
        "ix_skill_attachments_skill_id_path",
        "skill_attachments",
        ["skill_id", "path"],
        unique=True,
        sqlite_where=has_path,
        postgresql_where=has_path,
    )
    op.add_column("skills", sa.Column("front_matter", sa.Text(), nullable=False, server_default=""))
    op.add_column("agents", sa.Column("notes", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("agents", "notes")
    op.drop_column("skills", "front_matter")
    op.drop_index("ix_skill_attachments_skill_id_path", "skill_attachments")
    op.drop_column("skill_attachments", "extract_note")
    op.drop_column("skill_attachments", "extracted_text")
    op.drop_column("skill_attachments", "path")
