"""What the dashboard counts, from indexes alone: done and made by day, and overdue

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

EXISTING = sa.text("deleted_at IS NULL")
OPEN = sa.text("deleted_at IS NULL AND NOT archived AND status NOT IN ('approved', 'done', 'cancelled')")


def upgrade() -> None:
    op.drop_index("ix_tasks_completed", table_name="tasks")
    op.drop_index("ix_tasks_created", table_name="tasks")
    for name, columns in (
        ("ix_tasks_completed", ["completed_at", "board_id"]),
        ("ix_tasks_created", ["created_at", "board_id"]),
    ):
        op.create_index(name, "tasks", columns, sqlite_where=EXISTING, postgresql_where=EXISTING)
    op.create_index("ix_tasks_overdue", "tasks", ["due_at", "board_id"], sqlite_where=OPEN, postgresql_where=OPEN)


def downgrade() -> None:
    op.drop_index("ix_tasks_overdue", table_name="tasks")
    op.drop_index("ix_tasks_completed", table_name="tasks")
    op.drop_index("ix_tasks_created", table_name="tasks")
    op.create_index("ix_tasks_created", "tasks", ["created_at", "board_id"])
    op.create_index("ix_tasks_completed", "tasks", ["completed_at", "board_id"])
