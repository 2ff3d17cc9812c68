"""Importing an export into an empty installation, on either database."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast
from zipfile import BadZipFile, ZipFile

from sqlalchemy import Column, Table, delete, exists, func, select, text
from sqlalchemy.exc import IntegrityError

from helix.db.transaction import end_reading, transaction
from helix.errors import BadRequest, Conflict, HelixError
from helix.extensions import db
from helix.models import User
from helix.models.types import Money, UtcDateTime
from helix.services import boards, tools
from helix.services.export.tables import FORMAT, exported_tables
from helix.services.stored_files import store

BATCH_SIZE = 500
# Webhooks cannot sign without their secrets, which are not exported.
SKIPPED_TABLES = ("webhooks", "webhook_events")
# Settings of the exported installation that do not apply here: its address, and its bot, whose token is not exported.
SKIPPED_COLUMNS = {"organization": ("public_url", "telegram_enabled")}


@dataclass(frozen=True)
class ImportResult:
    """The number of rows imported by table, and the number of files."""

    organization: str
    rows: dict[str, int]
    files: int


def import_archive(path: Path) -> ImportResult:
    """Import an archive of `export_archive`, in one transaction. Users have no passwords afterwards.

    Raises Conflict when the installation has users, BadRequest for a file that is damaged, truncated or too new.
    """
    # Checked before any file is stored: the files of an installation in use must not be touched.
    _require_empty_installation()
    end_reading()
    try:
        with ZipFile(path) as archive:
            about = _manifest(archive)
            # Files before rows: a failed import then leaves at most unreferenced files.
            files = _files(archive)
            try:
                with transaction():
                    _require_empty_installation()
                    rows = {table.name: _table(archive, table, about["lines"]) for table in _tables(archive)}
                    boards.fill_missing()
            except BaseException:
                for key in files:
                    store().delete(key)
                raise
    except (OSError, BadZipFile, KeyError, ValueError, TypeError, IntegrityError) as error:
        raise BadRequest(f"{path} cannot be read: it is damaged, truncated or not an export ({error}).") from error
    # The export may come from a version with other built-in tools.
    tools.sync_builtin()
    return ImportResult(about["organization"], rows, len(files))


def _manifest(archive: ZipFile) -> dict[str, Any]:
    if "export.json" not in archive.namelist():
        raise BadRequest("It has no export.json: the file is truncated, or it is not an export.")
    about = json.loads(archive.read("export.json"))
    if about["format"] > FORMAT:
        raise BadRequest(f"This export was made by a newer HELIX ({about['version']}). Install that version first.")
    return about


def _require_empty_installation() -> None:
    if db.session.scalar(select(exists().where(User.id.is_not(None)))):
        raise Conflict("This installation is not empty. Use a new one: another DATA_DIR and database.")


def _tables(archive: ZipFile) -> list[Table]:
    """The tables to import, in order. Empties them: a new installation already has an organization row."""
    exported = {name.removeprefix("data/").removesuffix(".jsonl") for name in archive.namelist()}
    tables = [table for table in exported_tables() if table.name in exported and table.name not in SKIPPED_TABLES]
    for table in reversed(tables):
        db.session.execute(delete(table))
    return tables


def _table(archive: ZipFile, table: Table, lines_of: dict[str, int]) -> int:
    count = 0
    with archive.open(f"data/{table.name}.jsonl") as lines:
        rows = _rows(table, io.TextIOWrapper(lines, encoding="utf-8"))
        while batch := list(islice(rows, BATCH_SIZE)):
            db.session.execute(table.insert(), batch)
            count += len(batch)
    if lines_of.get(table.name) != count:
        raise BadRequest(f"{table.name} has {count} lines instead of {lines_of.get(table.name)}: it was modified.")
    _advance_sequence(table)
    return count


def _rows(table: Table, lines: io.TextIOWrapper) -> Iterator[dict[str, Any]]:
    for line in lines:
        row = json.loads(line)
        if unknown := row.keys() - table.columns.keys():
            raise BadRequest(f"{table.name} has {min(unknown)}, which this version does not know. Install a newer one.")
        skipped = SKIPPED_COLUMNS.get(table.name, ())
        yield {name: _parse_value(table.columns[name], value) for name, value in row.items() if name not in skipped}


def _parse_value(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    return Decimal(value) if isinstance(column.type, Money) else value


def _advance_sequence(table: Table) -> None:
    """Advance PostgreSQL's id sequence past the imported rows. SQLite does so by itself."""
    if db.engine.dialect.name == "postgresql" and "id" in table.columns and table.name != "organization":
        highest = select(func.coalesce(func.max(table.columns["id"]), 0) + 1).scalar_subquery()
        sequence = db.session.scalar(text("SELECT pg_get_serial_sequence(:name, 'id')"), {"name": table.name})
        if sequence:
            db.session.execute(select(func.setval(sequence, highest, False)))


def _files(archive: ZipFile) -> list[str]:
    keys = []
    for entry in archive.infolist():
        if not entry.filename.startswith("files/"):
            continue
        key = entry.filename.removeprefix("files/")
        with archive.open(entry) as content:
            try:
                store().save(cast(BinaryIO, content), limit=max(entry.file_size, 1), key=key)
            except HelixError as error:
                raise Conflict(f"The file {key} could not be stored. {error}") from error
        keys.append(key)
    return keys
