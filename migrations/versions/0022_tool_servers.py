"""What tool servers need: questions in the middle of a call, tools that are always offered, web search

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tool_calls") as table:
        table.add_column(sa.Column("server_state", sa.JSON(), nullable=True))
        table.add_column(sa.Column("definition_hash", sa.String(64), nullable=True))
    with op.batch_alter_table("agent_tools") as table:
        table.add_column(sa.Column("always_offered", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("organization") as table:
        table.add_column(sa.Column("web_search_provider", sa.String(20), nullable=True))
        table.add_column(sa.Column("web_search_url", sa.String(1000), nullable=True))
        table.add_column(sa.Column("web_search_key_encrypted", sa.String(4000), nullable=True))
        table.add_column(sa.Column("web_search_key_hint", sa.String(8), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("organization") as table:
        for name in ("web_search_key_hint", "web_search_key_encrypted", "web_search_url", "web_search_provider"):
            table.drop_column(name)
    with op.batch_alter_table("agent_tools") as table:
        table.drop_column("always_offered")
    with op.batch_alter_table("tool_calls") as table:
        table.drop_column("definition_hash")
        table.drop_column("server_state")
