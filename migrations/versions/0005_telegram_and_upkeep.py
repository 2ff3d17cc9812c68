"""One Telegram account links one person; what the bot and the upkeep look up is indexed

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

APPROVALS = sa.text("type = 'approval_needed'")
QUESTIONS = sa.text("channel = 'telegram_ask'")


def upgrade() -> None:
    op.add_column(
        "organization", sa.Column("telegram_webhook", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("organization", sa.Column("telegram_update_bot", sa.String(length=20), nullable=True))
    op.drop_index("ix_users_telegram_user_id", table_name="users")
    # Of several people who typed the same number, the first keeps it.
    op.execute(
        "UPDATE users SET telegram_user_id = NULL WHERE telegram_user_id = '' OR EXISTS (SELECT 1 FROM users AS earlier "
        "WHERE earlier.telegram_user_id = users.telegram_user_id AND earlier.id < users.id)"
    )
    op.create_index("uq_users_telegram_user_id", "users", ["telegram_user_id"], unique=True)
    op.create_index(
        "ix_notifications_approvals", "notifications", ["target_id"], sqlite_where=APPROVALS, postgresql_where=APPROVALS
    )
    op.create_index(
        "ix_deliveries_questions",
        "deliveries",
        ["user_id", "message_ref"],
        sqlite_where=QUESTIONS,
        postgresql_where=QUESTIONS,
    )
    # Without these, deleting a run or a comment reads every run to see whether it names it.
    for column in ("retry_of", "comment_id"):
        named = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_runs_{column}", "runs", [column], sqlite_where=named, postgresql_where=named)


def downgrade() -> None:
    op.drop_index("ix_runs_comment_id", table_name="runs")
    op.drop_index("ix_runs_retry_of", table_name="runs")
    op.drop_index("ix_deliveries_questions", table_name="deliveries")
    op.drop_index("ix_notifications_approvals", table_name="notifications")
    op.drop_index("uq_users_telegram_user_id", table_name="users")
    op.create_index("ix_users_telegram_user_id", "users", ["telegram_user_id"])
    op.drop_column("organization", "telegram_update_bot")
    op.drop_column("organization", "telegram_webhook")
