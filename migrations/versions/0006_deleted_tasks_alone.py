"""The index of deleted tasks holds these alone: SQLite took it for all the others too, and read them all

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

GONE = sa.text("deleted_at IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_tasks_deleted", table_name="tasks")
    op.create_index("ix_tasks_deleted", "tasks", ["deleted_at"], sqlite_where=GONE, postgresql_where=GONE)


def downgrade() -> None:
    op.drop_index("ix_tasks_deleted", table_name="tasks")
    op.create_index("ix_tasks_deleted", "tasks", ["deleted_at"])
