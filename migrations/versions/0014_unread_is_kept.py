"""How many notifications are unread is kept as a ledger, as the counts of boards are (docs/decisions/0004)

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# One row a person and statement: marking ten thousand as read writes one.
POSTGRESQL = {
    "INSERT": ("new_rows", "SELECT user_id, count(*) FROM new_rows WHERE NOT read GROUP BY user_id"),
    "DELETE": ("old_rows", "SELECT user_id, -count(*) FROM old_rows WHERE NOT read GROUP BY user_id"),
    "UPDATE": (
        "both",
        "SELECT user_id, sum(amount) FROM (SELECT user_id, 1 AS amount FROM new_rows WHERE NOT read UNION ALL "
        "SELECT user_id, -1 FROM old_rows WHERE NOT read) AS changed GROUP BY user_id HAVING sum(amount) <> 0",
    ),
}
ROWS = {
    "new_rows": "NEW TABLE AS new_rows",
    "old_rows": "OLD TABLE AS old_rows",
    "both": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}
SQLITE = {
    "notifications_unread_insert": "AFTER INSERT ON notifications WHEN NOT NEW.read "
    "BEGIN INSERT INTO unread_tallies (user_id, amount) VALUES (NEW.user_id, 1); END",
    "notifications_unread_delete": "AFTER DELETE ON notifications WHEN NOT OLD.read "
    "BEGIN INSERT INTO unread_tallies (user_id, amount) VALUES (OLD.user_id, -1); END",
    "notifications_unread_update": "AFTER UPDATE OF read ON notifications WHEN OLD.read <> NEW.read "
    "BEGIN INSERT INTO unread_tallies (user_id, amount) "
    "VALUES (NEW.user_id, CASE WHEN NEW.read THEN -1 ELSE 1 END); END",
}


def upgrade() -> None:
    op.create_table(
        "unread_tallies",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("user_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unread_tallies")),
    )
    op.create_index("ix_unread_tallies_user_id", "unread_tallies", ["user_id"])
    op.execute(
        "INSERT INTO unread_tallies (user_id, amount) "
        "SELECT user_id, count(*) FROM notifications WHERE NOT read GROUP BY user_id"
    )
    if op.get_context().dialect.name == "postgresql":
        for change, (changed, amounts) in POSTGRESQL.items():
            name = f"tally_unread_{change.lower()}"
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                f"INSERT INTO unread_tallies (user_id, amount) {amounts}; RETURN NULL; END $$"
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
            op.execute(f"DROP TRIGGER tally_unread_{change.lower()} ON notifications")
            op.execute(f"DROP FUNCTION tally_unread_{change.lower()}()")
    else:
        for name in SQLITE:
            op.execute(f"DROP TRIGGER {name}")
    op.drop_table("unread_tallies")
