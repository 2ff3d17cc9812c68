"""Backup and restore of SQLite, with its online backup API."""

import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from helix.backups.manifest import BackupError
from helix.backups.rows import compare, rows_of

log = logging.getLogger(__name__)

NAME = "sqlite"


@contextmanager
def snapshot(url: sa.URL, into: IO[bytes], folder: Path) -> Iterator[sa.Connection]:
    """Write the database into `into`. Yields a connection to exactly that copy."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".helix-backup-") as temporary:
        copy = Path(temporary) / "helix.db"
        source = sqlite3.connect(_path(url), timeout=60)
        target = sqlite3.connect(copy)
        try:
            # All pages in one step: in several steps, a concurrent write would restart the copy.
            source.backup(target, pages=-1)
            target.execute("PRAGMA journal_mode=DELETE")
        finally:
            target.close()
            source.close()
        with copy.open("rb") as file:
            shutil.copyfileobj(file, into, 1024 * 1024)
        engine = sa.create_engine(f"sqlite:///{copy}", poolclass=sa.NullPool)
        with engine.connect() as connection:
            yield connection


def restore(content: IO[bytes], url: sa.URL, counts: Mapping[str, int]) -> None:
    """Replace the database atomically, after checking its integrity and row counts."""
    path = Path(_path(url))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".helix-restore-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(content, file, 1024 * 1024)
            file.flush()
            os.fsync(file.fileno())
        _verify(draft, counts)
        _checkpoint(path)
        # The log of the replaced database must not be applied to the new one.
        for suffix in ("-wal", "-shm", "-journal"):
            Path(f"{path}{suffix}").unlink(missing_ok=True)
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)


def _verify(draft: str, counts: Mapping[str, int]) -> None:
    engine = sa.create_engine(f"sqlite:///{draft}", poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            state = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            if state != "ok":
                raise BackupError(f"The database in this backup is damaged: {state}. Take another backup.")
            compare(rows_of(connection), counts)
    except DatabaseError as error:
        raise BackupError(f"The database in this backup is damaged: {error.orig}. Take another backup.") from error


def _checkpoint(path: Path) -> None:
    """Checkpoint the existing database, which fails while another process has it open."""
    if not path.exists():
        return
    connection = sqlite3.connect(path, timeout=5)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BackupError(f"{path} is open in another process. Stop the installation, then restore.") from error
        raise BackupError(f"{path} cannot be replaced: {error}.") from error
    except sqlite3.DatabaseError:
        log.warning("The database that is replaced is damaged: %s", path)
    finally:
        connection.close()


def _path(url: sa.URL) -> str:
    if not url.database or url.database == ":memory:":
        raise BackupError("A database in memory cannot be backed up.")
    return url.database
