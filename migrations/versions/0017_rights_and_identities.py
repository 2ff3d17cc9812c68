"""Notifications name the board whose right they need; names have keys that hold however they are written

Revision ID: 0017
Revises: 0015
"""

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

from helix.text.names import key_of

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ABOUT_A_TASK = sa.text("target_type = 'task'")
# What the ledger counted by before, and counts by from now on.
BEFORE = ("user_id", "read")
AFTER = ("user_id", "read", "board_id", "admin_only")
ROWS = {
    "INSERT": "NEW TABLE AS new_rows",
    "DELETE": "OLD TABLE AS old_rows",
    "UPDATE": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}


LONGEST_KEY = 160
# What cannot be seen, in a name that is shown.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0]"
)


def upgrade() -> None:
    _guard_notifications()
    _fold_names()
    op.add_column(
        "organization", sa.Column("password_min_length", sa.SmallInteger(), nullable=False, server_default="7")
    )


def _fold_names() -> None:
    """Every name gets the key by which names are compared now. Where two have the same, the later one gets a number."""
    connection = op.get_bind()
    names = sa.table("names", *map(sa.column, ("key", "user_id", "agent_id")))
    tables = {kind: sa.table(kind, *map(sa.column, ("id", "name", "created_at"))) for kind in ("users", "agents")}
    owners = []
    for kind, owner in (("users", names.c.user_id), ("agents", names.c.agent_id)):
        table = tables[kind]
        query = sa.select(table.c.id, table.c.name, table.c.created_at, names.c.key).join_from(
            names, table, owner == table.c.id
        )
        owners += [(kind, *row) for row in connection.execute(query)]
    # A name whose key stays keeps its name; of others, the older one.
    owners.sort(key=lambda one: (key_of(one[2]) != one[4], str(one[3]), one[0], one[1]))
    taken: set[str] = set()
    wanted = []
    for kind, id, name, _created_at, old_key in owners:
        fit = _free(_plain(name) or ("Person" if kind == "users" else "Agent"), taken)
        taken.add(key_of(fit))
        wanted.append((kind, id, name, fit, old_key))
    changed = [one for one in wanted if key_of(one[3]) != one[4]]
    # All old keys go before a new one comes: they might be the same.
    for *_, old_key in changed:
        connection.execute(sa.delete(names).where(names.c.key == old_key))
    for kind, id, _name, fit, _old_key in changed:
        owner = {"user_id": id, "agent_id": None} if kind == "users" else {"user_id": None, "agent_id": id}
        connection.execute(sa.insert(names).values(key=key_of(fit), **owner))
    for kind, id, name, fit, _old_key in wanted:
        if fit != name:
            connection.execute(sa.update(tables[kind]).where(tables[kind].c.id == id).values(name=fit))


def _plain(name: str) -> str:
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", name)).split())


def _free(name: str, taken: set[str]) -> str:
    """`name`, or with the first number that makes it nobody else's."""
    if len(key_of(name)) > LONGEST_KEY:
        name = name[:8]
    number, free = 1, name
    while not key_of(free) or key_of(free) in taken:
        number += 1
        free = f"{name[:70]} {number}".strip()
    return free


def _guard_notifications() -> None:
    _without_ledger()
    op.add_column("notifications", sa.Column("board_id", ID, nullable=True))
    op.add_column("notifications", sa.Column("admin_only", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE notifications SET board_id = (SELECT tasks.board_id FROM tasks WHERE tasks.id = notifications.target_id) "
        "WHERE target_type = 'task'"
    )
    # Of a task that is gone nobody knows the board any more.
    op.execute(
        f"UPDATE notifications SET admin_only = {_true()} WHERE target_type IN ('budget', 'webhook') "
        "OR (target_type = 'task' AND board_id IS NULL)"
    )
    op.create_index(
        "ix_notifications_task",
        "notifications",
        ["target_id"],
        sqlite_where=ABOUT_A_TASK,
        postgresql_where=ABOUT_A_TASK,
    )
    board = sa.Column("board_id", ID, nullable=True)
    admin_only = sa.Column("admin_only", sa.Boolean(), nullable=False)
    _with_ledger(AFTER, board, admin_only)


def downgrade() -> None:
    op.drop_column("organization", "password_min_length")
    _without_ledger()
    op.drop_index("ix_notifications_task", table_name="notifications")
    op.drop_column("notifications", "admin_only")
    op.drop_column("notifications", "board_id")
    _with_ledger(BEFORE)


def _without_ledger() -> None:
    for change in ROWS:
        if _postgresql():
            op.execute(f"DROP TRIGGER tally_notifications_{change.lower()} ON notifications")
            op.execute(f"DROP FUNCTION tally_notifications_{change.lower()}()")
        else:
            op.execute(f"DROP TRIGGER notifications_tally_{change.lower()}")
    op.drop_table("notification_tallies")


def _with_ledger(counted_by: tuple[str, ...], *more: sa.Column) -> None:
    """The table, filled from the rows themselves, and the triggers that keep it."""
    op.create_table(
        "notification_tallies",
        sa.Column("id", ID, nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("read", sa.Boolean(), nullable=False),
        *more,
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_tallies")),
    )
    op.create_index("ix_notification_tallies_user_id", "notification_tallies", ["user_id"])
    names = ", ".join(counted_by)
    into = f"INSERT INTO notification_tallies ({names}, amount)"
    op.execute(f"{into} SELECT {names}, count(*) FROM notifications GROUP BY {names}")
    if _postgresql():
        _triggers_of_postgresql(into, names)
    else:
        _triggers_of_sqlite(into, counted_by)


def _triggers_of_postgresql(into: str, names: str) -> None:
    """One row a person and statement: marking ten thousand as read writes two."""
    amounts = {
        "INSERT": f"SELECT {names}, count(*) FROM new_rows GROUP BY {names}",
        "DELETE": f"SELECT {names}, -count(*) FROM old_rows GROUP BY {names}",
        "UPDATE": f"SELECT {names}, sum(amount) FROM (SELECT {names}, 1 AS amount FROM new_rows UNION ALL "
        f"SELECT {names}, -1 FROM old_rows) AS changed GROUP BY {names} HAVING sum(amount) <> 0",
    }
    for change, counted in amounts.items():
        name = f"tally_notifications_{change.lower()}"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {into} {counted}; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {change} ON notifications REFERENCING {ROWS[change]} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def _triggers_of_sqlite(into: str, counted_by: tuple[str, ...]) -> None:
    def of(row: str) -> str:
        return ", ".join(f"{row}.{name}" for name in counted_by)

    movable = [name for name in counted_by if name != "user_id"]
    changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in movable)
    bodies = {
        "insert": f"AFTER INSERT ON notifications BEGIN {into} VALUES ({of('NEW')}, 1); END",
        "delete": f"AFTER DELETE ON notifications BEGIN {into} VALUES ({of('OLD')}, -1); END",
        "update": f"AFTER UPDATE OF {', '.join(movable)} ON notifications WHEN {changed} "
        f"BEGIN {into} VALUES ({of('OLD')}, -1), ({of('NEW')}, 1); END",
    }
    for change, body in bodies.items():
        op.execute(f"CREATE TRIGGER notifications_tally_{change} {body}")


def _postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _true() -> str:
    return "true" if _postgresql() else "1"
