"""Find the requests of a call and of a task without reading all of them

Revision ID: 0024
Revises: 0023
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_human_requests_of_call", "human_requests", ["tool_call_id"])
    op.create_index("ix_human_requests_of_task", "human_requests", ["task_id"])


def downgrade() -> None:
    op.drop_index("ix_human_requests_of_task", "human_requests")
    op.drop_index("ix_human_requests_of_call", "human_requests")
