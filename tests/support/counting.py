from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from helix.extensions import db


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL statements that are executed inside."""
    found: list[str] = []

    def _note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE")):
            found.append(statement)

    event.listen(db.engine, "before_cursor_execute", _note)
    try:
        yield found
    finally:
        event.remove(db.engine, "before_cursor_execute", _note)
