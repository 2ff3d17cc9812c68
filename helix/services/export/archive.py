"""The archive while it is made: nothing of it is ever whole in memory or on our disk."""

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
from helix.errors import Forbidden, NotFound
from helix.extensions import db
from helix.files import Store
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import activity, settings
from helix.services.export.tables import EXCLUDED_TABLES, FORMAT, SECRET_COLUMNS, exported_tables, json_lines
from helix.services.stored_files import FILE_KEY_COLUMNS, store
from helix.transaction import transaction

log = logging.getLogger(__name__)
CHUNK_BYTES = 256 * 1024
README = """\
Everything of {name}, as it was at {at}.

data/*.jsonl   one file a kind of thing, one JSON object a line: users, agents, tasks, comments, runs, ...
files/*        attachments and pictures; their names stand as file_key in task_attachments and skill_attachments,
               and as avatar_key in users.
export.json    the format, how many lines each file has, what was left out and why.

Passwords, keys of models, tokens and sessions are not in here.
"""


class _Sink:
    """A file that only grows, for a zip that is sent while it is written."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._waiting = 0

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        self._waiting += len(piece)
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back: `ready` hands out what there is."""

    def ready(self, least: int = CHUNK_BYTES) -> Iterator[bytes]:
        """What has been written since the last time, once it is worth sending."""
        if self._waiting >= least and self._waiting:
            pieces, self._pieces, self._waiting = self._pieces, [], 0
            yield b"".join(pieces)


def export_archive(actor: Actor) -> Iterator[bytes]:
    """A zip in pieces, of one moment of the database. For admins; written into the activity.

    Refuses before the first piece. A file that the store has lost is named in export.json and does not end it.
    """
    if not administration.may_administer(actor):
        raise Forbidden("Only admins export all data.")
    with transaction():
        name = settings.organization().name
        activity.record(actor, "settings.exported", "settings", 1, name, admin_only=True)
    # Found now: the pieces are asked for when the request is over, and perhaps never to their end.
    return _pieces(name, db.engine, store())


def _pieces(name: str, engine: Engine, files: Store) -> Iterator[bytes]:
    at, counts, missing = clock.now(), Counter[str](), list[str]()
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive, _one_moment(engine) as connection:  # type: ignore[arg-type]
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
        # Last, so that an archive that was cut off does not look whole.
        archive.writestr("export.json", json.dumps(about, indent=2, ensure_ascii=False))
    yield from sink.ready(1)


def _one_moment(engine: Engine) -> Connection:
    """Reads alone, and all of them see the same, whatever others write meanwhile."""
    connection = engine.connect()
    if connection.dialect.name == "postgresql":
        return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    # Who only reads has no transaction elsewhere, and so each of his statements another moment: see helix/database.py.
    connection.exec_driver_sql("BEGIN")
    return connection


def _table(
    archive: ZipFile, sink: _Sink, connection: Connection, table: Table, counts: Counter[str]
) -> Iterator[bytes]:
    counts[table.name] = 0
    with _entry(archive, f"data/{table.name}.jsonl") as entry:
        for some in json_lines(connection, table):
            counts[table.name] += len(some)
            entry.write("".join(some).encode())
            yield from sink.ready()


def _file(archive: ZipFile, sink: _Sink, files: Store, key: str, missing: list[str]) -> Iterator[bytes]:
    try:
        content = files.open(key)
    except NotFound:
        log.warning("A file is in the database but not in the store, and so not in the export: %s", key)
        missing.append(key)
        return
    # Most files are pictures and documents, which are pressed together already.
    with content, _entry(archive, f"files/{key}", ZIP_STORED) as entry:
        while piece := content.read(CHUNK_BYTES):
            entry.write(piece)
            yield from sink.ready()


def _entry(archive: ZipFile, name: str, press: int = ZIP_DEFLATED) -> IO[bytes]:
    info = ZipInfo(name, clock.now().timetuple()[:6])
    info.compress_type = press
    return archive.open(info, "w", force_zip64=True)


def _file_keys(connection: Connection) -> list[str]:
    return sorted({key for column in FILE_KEY_COLUMNS for key in connection.scalars(select(column)) if key})
