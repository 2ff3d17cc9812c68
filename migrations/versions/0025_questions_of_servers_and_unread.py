"""Which requests a tool's server asks, and an index that finds unread notifications on SQLite, too

SQLite preferred the index of all notifications of a person to the one of the unread: both have one column to compare.

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

UNREAD = sa.text("NOT read")


def upgrade() -> None:
    op.add_column(
        "human_requests", sa.Column("asked_by_server", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.execute(
        "UPDATE human_requests SET asked_by_server = true WHERE kind = 'question' AND tool_call_id IN"
        " (SELECT id FROM tool_calls WHERE server_state IS NOT NULL)"
    )
    op.drop_index("ix_notifications_unread", "notifications")
    op.create_index("ix_notifications_unread", "notifications", ["user_id", "read", "id"], postgresql_where=UNREAD)


def downgrade() -> None:
    op.drop_index("ix_notifications_unread", "notifications")
    op.create_index(
        "ix_notifications_unread", "notifications", ["user_id", "id"], sqlite_where=UNREAD, postgresql_where=UNREAD
    )
    with op.batch_alter_table("human_requests") as table:
        table.drop_column("asked_by_server")
