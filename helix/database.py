"""How connections to the two databases behave."""

from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.interfaces import DBAPIConnection

# Set on the connection of a session that is going to write; see `transaction`.
WRITES = "helix_writes"


def tune(engine: Engine) -> None:
    """Write-ahead log, foreign keys, and patience for SQLite; nothing for PostgreSQL."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: DBAPIConnection, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=15000",
            "recursive_triggers=ON",
            "cache_size=-16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
        # SQLite's own LIKE and LOWER know the case of ASCII alone.
        connection.create_function("helix_casefold", 1, _casefold, deterministic=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Two readers that both turn into writers fail at once with "database is locked", whatever
        # the timeout. Taking the write lock at the start makes the second one wait instead.
        writes = connection.get_execution_options().get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _casefold(text: str | None) -> str | None:
    return None if text is None else text.casefold()
