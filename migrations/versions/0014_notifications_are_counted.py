"""How many notifications a person has, read and unread, is kept as a ledger (docs/decisions/0004)

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# One row a person and statement: marking ten thousand as read writes two.
POSTGRESQL = {
    "INSERT": ("new_rows", "SELECT user_id, read, count(*) FROM new_rows GROUP BY user_id, read"),
    "DELETE": ("old_rows", "SELECT user_id, read, -count(*) FROM old_rows GROUP BY user_id, read"),
    "UPDATE": (
        "both",
        "SELECT user_id, read, sum(amount) FROM (SELECT user_id, read, 1 AS amount FROM new_rows UNION ALL "
        "SELECT user_id, read, -1 FROM old_rows) AS changed GROUP BY user_id, read HAVING sum(amount) <> 0",
    ),
}
ROWS = {
    "new_rows": "NEW TABLE AS new_rows",
    "old_rows": "OLD TABLE AS old_rows",
    "both": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}
_INTO = "INSERT INTO notification_tallies (user_id, read, amount)"
SQLITE = {
    "notifications_tally_insert": f"AFTER INSERT ON notifications BEGIN {_INTO} VALUES (NEW.user_id, NEW.read, 1); END",
    "notifications_tally_delete": f"AFTER DELETE ON notifications BEGIN {_INTO} VALUES (OLD.user_id, OLD.read, -1); END",
    "notifications_tally_update": "AFTER UPDATE OF read ON notifications WHEN OLD.read <> NEW.read BEGIN "
    f"{_INTO} VALUES (OLD.user_id, OLD.read, -1), (NEW.user_id, NEW.read, 1); END",
}


def upgrade() -> None:
    op.create_table(
        "notification_tallies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("read", sa.Boolean(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_tallies")),
    )
    op.create_index("ix_notification_tallies_user_id", "notification_tallies", ["user_id"])
    op.execute(
        "INSERT INTO notification_tallies (user_id, read, amount) "
        "SELECT user_id, read, count(*) FROM notifications GROUP BY user_id, read"
    )
    if op.get_context().dialect.name == "postgresql":
        for change, (changed, amounts) in POSTGRESQL.items():
            name = f"tally_notifications_{change.lower()}"
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"INSERT INTO notification_tallies (user_id, read, amount) {amounts}; RETURN NULL; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} AFTER {change} ON notifications REFERENCING {ROWS[changed]} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
            )
    else:
        for name, body in SQLITE.items():
            op.execute(f"CREATE TRIGGER {name} {body}")


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        for change in POSTGRESQL:
            op.execute(f"DROP TRIGGER tally_notifications_{change.lower()} ON notifications")
            op.execute(f"DROP FUNCTION tally_notifications_{change.lower()}()")
    else:
        for name in SQLITE:
            op.execute(f"DROP TRIGGER {name}")
    op.drop_table("notification_tallies")
