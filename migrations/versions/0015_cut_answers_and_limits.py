"""Answers that were cut short are marked; limits on silent streams and on runs by mention

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

OF_PEOPLE = sa.text("trigger = 'mention' AND retry_of IS NULL")


def upgrade() -> None:
    for table in ("runs", "tasks"):
        op.add_column(table, sa.Column("result_truncated", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("organization", sa.Column("stream_idle_seconds", sa.Integer(), nullable=False, server_default="120"))
    op.add_column("organization", sa.Column("mention_runs_per_hour", sa.Integer(), nullable=False, server_default="30"))
    op.create_index(
        "ix_runs_mentions_of_person",
        "runs",
        ["requested_by_user_id", "queued_at"],
        sqlite_where=OF_PEOPLE,
        postgresql_where=OF_PEOPLE,
    )


def downgrade() -> None:
    op.drop_index("ix_runs_mentions_of_person", "runs")
    op.drop_column("organization", "mention_runs_per_hour")
    op.drop_column("organization", "stream_idle_seconds")
    for table in ("tasks", "runs"):
        op.drop_column(table, "result_truncated")
