"""Records the SQL statements of a block."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from helix.extensions import db

# What a transaction begins with is no question to the database.
SILENT = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collects the statements that are sent while it is open."""
    sent: list[str] = []

    def note(_connection, _cursor, statement, *_):
        if not statement.startswith(SILENT):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
