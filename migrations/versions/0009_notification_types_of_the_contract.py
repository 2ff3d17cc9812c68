"""News of a Telegram or a webhook that was switched off is a mention: the contract's list of types is closed.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.text("UPDATE notifications SET type = 'mention' WHERE type IN ('telegram', 'webhook')"))


def downgrade() -> None:
    """Both versions read what stands there now."""
