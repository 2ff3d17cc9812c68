"""Runs whose call may still cost something: the sweeper asks for them every few seconds

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

RESERVING = sa.text("reserved_usd > 0")


def upgrade() -> None:
    op.create_index("ix_runs_reserving", "runs", ["finished_at"], sqlite_where=RESERVING, postgresql_where=RESERVING)


def downgrade() -> None:
    op.drop_index("ix_runs_reserving", table_name="runs")
