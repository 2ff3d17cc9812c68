"""The cards of a board in their order, whatever column they hang in: read off an index

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

LIVE = sa.text("deleted_at IS NULL AND NOT archived")


def upgrade() -> None:
    op.create_index(
        "ix_tasks_board_position",
        "tasks",
        ["board_id", "position", "id"],
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )


def downgrade() -> None:
    op.drop_index("ix_tasks_board_position", table_name="tasks")
