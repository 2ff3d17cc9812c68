"""Streaming the export: the archive is never complete in memory or on disk."""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy import Table, select
from sqlalchemy.engine import Connection, Engine

import helix
from helix import clock
from helix.db.transaction import transaction
from helix.errors import Forbidden, NotFound
from helix.extensions import db
from helix.files import Store
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import activity, settings
from helix.services.export.tables import EXCLUDED_TABLES, FORMAT, SECRET_COLUMNS, exported_tables, json_lines
from helix.services.stored_files import FILE_KEY_COLUMNS, store

log = logging.getLogger(__name__)
CHUNK_BYTES = 256 * 1024
README = """\
All data of {name}, as of {at}.

data/*.jsonl   one file per table, one JSON object per line: users, agents, tasks, comments, runs, ...
files/*        attachments and pictures, named by file_key in task_attachments and skill_attachments, and by
               avatar_key in users and agents.
export.json    the format version, the number of lines of each file, what was left out and why.

Passwords, API keys of models, tokens and sessions are not included.
"""


class _Sink:
    """A write-only file for a zip that is sent while it is being written."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._waiting = 0

    def write(self, piece: bytes) -> int:
        self._chunks.append(bytes(piece))
        self._waiting += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Does nothing: `ready` returns what was written."""

    def ready(self, least: int = CHUNK_BYTES) -> Iterator[bytes]:
        """Yield what was written since the last call, when it has at least `least` bytes."""
        if self._waiting >= least and self._waiting:
            pieces, self._chunks, self._waiting = self._chunks, [], 0
            yield b"".join(pieces)


def export_archive(actor: Actor) -> Iterator[bytes]:
    """Yield a zip in chunks, from one snapshot of the database. For admins; recorded in the activity.

    Errors are raised before the first chunk. Files missing from the store are listed in export.json.
    """
    if not administration.may_administer(actor):
        raise Forbidden("Only admins export all data.")
    with transaction():
        name = settings.organization().name
        activity.record(actor, "settings.exported", "settings", 1, name, admin_only=True)
    # Resolved here: the chunks are generated after the request context has ended.
    return _chunks(name, db.engine, store())


def _chunks(name: str, engine: Engine, files: Store) -> Iterator[bytes]:
    at, counts, missing = clock.now(), Counter[str](), list[str]()
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive, _snapshot_connection(engine) as connection:  # type: ignore[arg-type]
        archive.writestr("README.txt", README.format(name=name, at=clock.iso(at)))
        for table in exported_tables():
            yield from _table(archive, sink, connection, table, counts)
        for key in _file_keys(connection):
            yield from _file(archive, sink, files, key, missing)
        about = {
            "format": FORMAT,
            "product": "HELIX Mission Control",
            "version": helix.__version__,
            "organization": name,
            "exported_at": clock.iso(at),
            "lines": dict(counts),
            "missing_files": missing,
            "left_out": EXCLUDED_TABLES,
            "secret": {table: sorted(columns) for table, columns in SECRET_COLUMNS.items()},
        }
        # Written last, so that a truncated archive is recognized.
        archive.writestr("export.json", json.dumps(about, indent=2, ensure_ascii=False))
    yield from sink.ready(1)


def _snapshot_connection(engine: Engine) -> Connection:
    """A read-only connection on which all queries see the same snapshot."""
    connection = engine.connect()
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    # Without BEGIN, SQLite would read each query from a different snapshot: see helix/db/engine.py.
    connection.exec_driver_sql("BEGIN")
    return connection


def _table(
    archive: ZipFile, sink: _Sink, connection: Connection, table: Table, counts: Counter[str]
) -> Iterator[bytes]:
    counts[table.name] = 0
    with _entry(archive, f"data/{table.name}.jsonl") as entry:
        for batch in json_lines(connection, table):
            counts[table.name] += len(batch)
            entry.write("".join(batch).encode())
            yield from sink.ready()


def _file(archive: ZipFile, sink: _Sink, files: Store, key: str, missing: list[str]) -> Iterator[bytes]:
    try:
        content = files.open(key)
    except NotFound:
        log.warning("A file is missing from the store and from the export: %s", key)
        missing.append(key)
        return
    # Stored without compression: most files are pictures and documents, which are compressed already.
    with content, _entry(archive, f"files/{key}", ZIP_STORED) as entry:
        while piece := content.read(CHUNK_BYTES):
            entry.write(piece)
            yield from sink.ready()


def _entry(archive: ZipFile, name: str, compression: int = ZIP_DEFLATED) -> IO[bytes]:
    info = ZipInfo(name, clock.now().timetuple()[:6])
    info.compress_type = compression
    return archive.open(info, "w", force_zip64=True)


def _file_keys(connection: Connection) -> list[str]:
    return sorted({key for column in FILE_KEY_COLUMNS for key in connection.scalars(select(column)) if key})
