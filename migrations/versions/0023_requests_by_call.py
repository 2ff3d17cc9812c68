"""Find the requests of a call and of a task without reading all of them

Revision ID: 0023
Revises: 0022
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_human_requests_of_call", "human_requests", ["tool_call_id"])
    op.create_index("ix_human_requests_of_task", "human_requests", ["task_id"])


def downgrade() -> None:
    op.drop_index("ix_human_requests_of_task", "human_requests")
    op.drop_index("ix_human_requests_of_call", "human_requests")
