"""What the pages need: people as assignees, keys and levels of boards, edited results, view settings, the sample's rows

Revision ID: 0023
Revises: 0022
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
LIVE = sa.text("deleted_at IS NULL AND NOT archived")
COLUMNS = {
    "tasks": (
        sa.Column("assigned_user_id", ID, nullable=True),
        sa.Column("result_edited_by_user_id", ID, nullable=True),
        sa.Column("result_edited_at", MOMENT, nullable=True),
    ),
    "boards": (
        sa.Column("key", sa.String(8), nullable=True),
        sa.Column("default_level", sa.SmallInteger(), nullable=True),
    ),
    "users": (
        sa.Column("preferences", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("notification_settings", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("snoozed_until", MOMENT, nullable=True),
    ),
    "organization": (sa.Column("sample_data", sa.JSON(), nullable=True),),
}


def upgrade() -> None:
    # Adding columns keeps the triggers of a table, which copying it would drop.
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(
        "ix_tasks_of_person",
        "tasks",
        ["assigned_user_id", "status", "id"],
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_table(
        "sample_rows",
        sa.Column("table_name", sa.String(40), nullable=False),
        sa.Column("row_id", ID, nullable=False),
        sa.PrimaryKeyConstraint("table_name", "row_id", name=op.f("pk_sample_rows")),
    )
    _fill_keys()
    op.create_index("uq_boards_key", "boards", ["key"], unique=True)


def _fill_keys() -> None:
    """SEO for SEO & Blog: the first word of at most five letters, or the initials, with a digit where it is taken."""
    connection = op.get_bind()
    boards = sa.table("boards", sa.column("id"), sa.column("name"), sa.column("key"))
    taken: set[str] = set()
    for board in connection.execute(sa.select(boards.c.id, boards.c.name).order_by(boards.c.id)).all():
        words = [word.upper() for word in re.findall(r"[A-Za-z0-9]+", board.name)]
        short = next((word for word in words[:1] if 2 <= len(word) <= 5), "")
        wanted = short or "".join(word[0] for word in words)[:5]
        wanted = wanted if len(wanted) >= 2 else (words[0][:3] if words and len(words[0]) > 1 else "BRD")
        key = next(one for one in (wanted, *(f"{wanted}{number}" for number in range(2, 999))) if one not in taken)
        taken.add(key)
        connection.execute(sa.update(boards).where(boards.c.id == board.id).values(key=key))


def downgrade() -> None:
    op.drop_index("uq_boards_key", "boards")
    op.drop_table("sample_rows")
    op.drop_index("ix_tasks_of_person", "tasks")
    for table, columns in COLUMNS.items():
        for column in columns:
            op.drop_column(table, column.name)
