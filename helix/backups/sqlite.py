"""SQLite: copied by its own backup call, which sees one moment while others write."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from helix.backups.errors import BackupError

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


def put_back(content: IO[bytes], url: sa.URL) -> None:
    """Put the database where it belongs, in one step, after it was looked over."""
    path = Path(_path(url))
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".helix-restore-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            shutil.copyfileobj(content, file, 1024 * 1024)
            file.flush()
            os.fsync(file.fileno())
        with sqlite3.connect(draft) as connection:
            (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        connection.close()
        if state != "ok":
            raise BackupError(f"The database in this backup is damaged: {state}. Take another backup.")
        # The log of the database that is replaced must not be played into the new one.
        for left in ("-wal", "-shm", "-journal"):
            Path(f"{path}{left}").unlink(missing_ok=True)
        Path(draft).replace(path)
    finally:
        Path(draft).unlink(missing_ok=True)


def _path(url: sa.URL) -> str:
    if not url.database or url.database == ":memory:":
        raise BackupError("A database in memory has nothing to keep.")
    return url.database
