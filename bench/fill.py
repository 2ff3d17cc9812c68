"""Fills an empty database with the benchmark organization, in bulk: without the services and the triggers.

Data that triggers maintain (counter tables, SQLite's search index) is computed from the rows at the end.
"""

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from bench import world

TALLIES = """
INSERT INTO task_tallies (board_id, status, amount)
SELECT board_id, status, COUNT(*) FROM tasks WHERE deleted_at IS NULL AND NOT archived GROUP BY board_id, status
"""
NEWS = """
INSERT INTO notification_tallies (user_id, read, board_id, admin_only, amount)
SELECT user_id, read, board_id, admin_only, COUNT(*) FROM notifications GROUP BY user_id, read, board_id, admin_only
"""
AT_ONCE = 2000


def fill(database_url: str, tasks: int) -> float:
    """Into a migrated database without rows. Gives the seconds it took."""
    began = time.monotonic()
    url = make_url(database_url)
    if url.get_backend_name() == "postgresql":
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            _into_postgresql(connection, tasks)
    else:
        connection = sqlite3.connect(url.database or "", isolation_level=None)
        try:
            _into_sqlite(connection, tasks)
        finally:
            connection.close()
    return time.monotonic() - began


def _tables(tasks: int) -> Iterator[world.Table]:
    yield from world.office()
    yield from world.work(tasks)


def _into_postgresql(connection: psycopg.Connection[Any], tasks: int) -> None:
    # Replica mode fires no triggers and checks no foreign keys; indexes are quicker made whole than row by row.
    connection.execute("SET session_replication_role = replica")
    connection.execute("SET maintenance_work_mem = '512MB'")
    heavy = connection.execute(
        "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.schemaname = 'public' "
        "AND i.tablename IN ('tasks', 'comments', 'activity', 'runs', 'task_tags') AND i.indexname NOT LIKE 'pk_%'"
    ).fetchall()
    for name, _definition in heavy:
        connection.execute(f'DROP INDEX "{name}"')  # type: ignore[arg-type]
    for table, columns, rows in _tables(tasks):
        with connection.cursor() as cursor:
            names = ", ".join(f'"{name}"' for name in columns)
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:  # type: ignore[arg-type]
                for row in rows:
                    copy.write_row([_json(value) for value in row])
            if columns[0] == "id" and table != "organization":
                cursor.execute(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT max(id) FROM " + table + "))",  # type: ignore[arg-type]
                    [table],
                )
    connection.execute(TALLIES)
    connection.execute(NEWS)
    for _name, definition in heavy:
        connection.execute(definition)  # type: ignore[arg-type]
    connection.execute("VACUUM ANALYZE")
    connection.execute("CHECKPOINT")


def _json(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def _into_sqlite(connection: sqlite3.Connection, tasks: int) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000"):
        connection.execute(f"PRAGMA {pragma}")
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    connection.execute("BEGIN")
    for name, _sql in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for table, columns, rows in _tables(tasks):
        marks = ", ".join("?" * len(columns))
        names = ", ".join(f'"{name}"' for name in columns)
        connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", (_plain(row) for row in rows))
    connection.execute(TALLIES)
    connection.execute(NEWS)
    for index in ("task_search", "task_words"):
        connection.execute(
            f"INSERT INTO {index} (rowid, title, description) SELECT id, coalesce(title_folded, title), "
            "coalesce(description_folded, description) FROM tasks"
        )
    for _name, sql in triggers:
        connection.execute(re.sub(r"\s+", " ", sql))
    connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _plain(row: world.Row) -> list[Any]:
    """As SQLAlchemy keeps them there: times as text without a zone, JSON as text."""
    return [
        value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else _json(value)
        for value in row
    ]
