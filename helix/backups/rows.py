"""Row counts per table, by which a restore is verified."""

from collections.abc import Mapping

import sqlalchemy as sa

from helix.backups.manifest import BackupError
from helix.extensions import db

# Rows in one of these tables mean that the installation is in use.
IN_USE = ("users", "agents", "tasks")


def used_table(connection: sa.Connection) -> str | None:
    """A table with rows that shows that the installation is in use; None if it is empty or has no tables."""
    existing = set(sa.inspect(connection).get_table_names())
    used = (
        table
        for table in IN_USE
        if table in existing and connection.scalar(sa.text(f"SELECT 1 FROM {table} LIMIT 1"))  # noqa: S608
    )
    return next(used, None)


def rows_of(connection: sa.Connection) -> dict[str, int]:
    """The row counts of those of our tables that exist in the database."""
    existing = set(sa.inspect(connection).get_table_names())
    tables = [table for table in db.metadata.sorted_tables if table.name in existing]
    return {table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0 for table in tables}


def known(counts: Mapping[str, int]) -> dict[str, int]:
    """The counts without the tables of other versions, which this code does not know."""
    return {table: count for table, count in counts.items() if table in db.metadata.tables}


def compare(actual: Mapping[str, int], counts: Mapping[str, int]) -> None:
    """Raises BackupError if a table does not have the number of rows in the manifest."""
    for table, count in known(counts).items():
        if actual.get(table) != count:
            raise BackupError(f"{table} has {actual.get(table, 0)} rows in this backup, not {count}. Take another one.")
