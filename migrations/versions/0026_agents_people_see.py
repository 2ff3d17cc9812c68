"""Pictures of agents, what their deletion took away, and the costs of trials

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("agents", sa.Column("avatar_key", sa.String(100), nullable=True))
    op.add_column("agents", sa.Column("before_deletion", sa.JSON(), nullable=True))
    op.create_table(
        "trial_costs",
        sa.Column("id", ID, nullable=False),
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("model", sa.String(250), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=False),
        sa.Column("output_tokens", sa.Integer(), nullable=False),
        sa.Column("cost_usd", sa.BigInteger(), nullable=True),
        sa.Column("counted_usd", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_trial_costs_agent_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_trial_costs_user_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trial_costs")),
    )
    op.create_index(op.f("ix_trial_costs_agent_id"), "trial_costs", ["agent_id"])
    op.create_index(op.f("ix_trial_costs_user_id"), "trial_costs", ["user_id"])
    op.create_index(op.f("ix_trial_costs_finished_at"), "trial_costs", ["finished_at"])


def downgrade() -> None:
    op.drop_table("trial_costs")
    op.drop_column("agents", "before_deletion")
    op.drop_column("agents", "avatar_key")
