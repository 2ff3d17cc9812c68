"""SQLite: copied by its own backup call, which sees one moment while others write."""

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

from helix.backups.errors import BackupError
from helix.backups.rows import compare, rows_of

log = logging.getLogger(__name__)

NAME = "sqlite"


@contextmanager
def snapshot(url: sa.URL, into: IO[bytes], folder: Path) -> Iterator[sa.Connection]:
    """Write the database into a file, and give a connection that sees just what was written."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".helix-backup-") as place:
        copy = Path(place) / "helix.db"
        source = sqlite3.connect(_path(url), timeout=60)
        target = sqlite3.connect(copy)
        try:
            # All pages in one step: in steps, each write of others would make it begin anew.
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


def put_back(content: IO[bytes], url: sa.URL, counts: Mapping[str, int]) -> None:
    """Put the database where it belongs, in one step, after it was looked over and its rows were counted."""
    path = Path(_path(url))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".helix-restore-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(content, file, 1024 * 1024)
            file.flush()
            os.fsync(file.fileno())
        _look_over(draft, counts)
        _close(path)
        # The log of a damaged database must not be played into the new one.
        for left in ("-wal", "-shm", "-journal"):
            Path(f"{path}{left}").unlink(missing_ok=True)
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)


def _look_over(draft: str, counts: Mapping[str, int]) -> None:
    engine = sa.create_engine(f"sqlite:///{draft}", poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            state = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
            if state != "ok":
                raise BackupError(f"The database in this backup is damaged: {state}. Take another backup.")
            compare(rows_of(connection), counts)
    except DatabaseError as error:
        raise BackupError(f"The database in this backup is damaged: {error.orig}. Take another backup.") from error


def _close(path: Path) -> None:
    """Bring the log of the database that is there into it, which only works while nobody else has it open."""
    if not path.exists():
        return
    connection = sqlite3.connect(path, timeout=5)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise BackupError(f"{path} is open in another process. Stop all of it, then restore.") from error
        raise BackupError(f"{path} cannot be replaced: {error}.") from error
    except sqlite3.DatabaseError:
        log.warning("The database that is replaced is damaged: %s", path)
    finally:
        connection.close()


def _path(url: sa.URL) -> str:
    if not url.database or url.database == ":memory:":
        raise BackupError("A database in memory has nothing to keep.")
    return url.database
