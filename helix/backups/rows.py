"""How many rows each table has: what a restore is held against."""

from collections.abc import Mapping

import sqlalchemy as sa

from helix.backups.errors import BackupError
from helix.extensions import db

# What marks an installation as one that somebody uses.
IN_USE = ("users", "agents", "tasks")


def used_table(connection: sa.Connection) -> str | None:
    """A table that shows that somebody uses this installation; None for one that is empty or not there yet."""
    there = set(sa.inspect(connection).get_table_names())
    used = (
        table
        for table in IN_USE
        if table in there and connection.scalar(sa.text(f"SELECT 1 FROM {table} LIMIT 1"))  # noqa: S608
    )
    return next(used, None)


def rows_of(connection: sa.Connection) -> dict[str, int]:
    """Of our tables, those that this database knows."""
    there = set(sa.inspect(connection).get_table_names())
    tables = [table for table in db.metadata.sorted_tables if table.name in there]
    return {table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables}


def known(counts: Mapping[str, int]) -> dict[str, int]:
    """Without the tables of another version, which this code could not count."""
    return {table: count for table, count in counts.items() if table in db.metadata.tables}


def compare(found: Mapping[str, int], counts: Mapping[str, int]) -> None:
    """Raises BackupError where a table has not the rows that the manifest says."""
    for table, count in known(counts).items():
        if found.get(table) != count:
            raise BackupError(f"{table} has {found.get(table, 0)} rows in this backup, not {count}. Take another one.")
