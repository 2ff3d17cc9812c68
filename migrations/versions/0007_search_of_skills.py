"""Finding skills by any part of their words

Revision ID: 0007
Revises: 0006

On PostgreSQL alone: reading through some hundreds of texts costs it 20 ms, and SQLite 2 ms.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COLUMNS = ("name", "description", "content")


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for column in COLUMNS:
            op.execute(f"CREATE INDEX ix_skills_{column}_trigram ON skills USING gin ({column} gin_trgm_ops)")


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for column in COLUMNS:
            op.execute(f"DROP INDEX ix_skills_{column}_trigram")
