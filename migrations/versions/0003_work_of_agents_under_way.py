"""What is still to be done for an agent that was switched to auto, or deleted; its tasks, newest first

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain ADD COLUMN on both databases: a rebuilt table would lose what points at it.
    op.add_column(
        "agents", sa.Column("taking_up_after", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True)
    )
    op.add_column("agents", sa.Column("leaving", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_tasks_agent_newest", "tasks", ["assigned_agent_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_tasks_agent_newest", table_name="tasks")
    op.drop_column("agents", "leaving")
    op.drop_column("agents", "taking_up_after")
