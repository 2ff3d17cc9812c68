"""A budget of which too little is left for a call is used up

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("budget_months", sa.Column("used_up_limit_usd", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("budget_months") as table:
        table.drop_column("used_up_limit_usd")
