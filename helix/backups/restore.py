import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, BinaryIO, cast

import sqlalchemy as sa

from config import Settings
from helix import queue, schema_version
from helix.backups import archive
from helix.backups.backup import rows_of, secrets_of, tool_for
from helix.backups.errors import BackupError
from helix.backups.manifest import Manifest, fingerprints
from helix.extensions import db
from helix.files import Store
from helix.services import stored_files

# What marks an installation as one that somebody uses.
IN_USE = ("users", "tasks", "agents")


def restore(settings: Settings, path: Path, *, upgrade: Callable[[], None], force: bool = False) -> Manifest:
    """Make this installation the one in the file. Everything that can be checked is checked before anything changes.

    `upgrade` brings the database to the newest shape. Raises BackupError.
    """
    manifest = archive.checked(path)
    url = sa.make_url(settings.database_url)
    tool = tool_for(url)
    _refuse_what_does_not_fit(manifest, tool.NAME)
    _refuse_an_installation_in_use(force)
    db.session.remove()
    db.engine.dispose()
    for name, content in archive.contents(path):
        if name == "database":
            tool.put_back(content, url)
        elif name == "secrets.json":
            _put_secrets_back(settings, content)
        else:
            _put_file_back(stored_files.store(), name.removeprefix("files/"), content, manifest.members[name].size)
    _compare(manifest)
    upgrade()
    return manifest


def warnings(settings: Settings, manifest: Manifest) -> list[str]:
    """What a person has to see to after this restore."""
    found = [f"The file {key} was missing from the store when the backup was made." for key in manifest.missing_files]
    if set(manifest.encryption_keys) <= set(fingerprints(settings.encryption_keys)):
        return found
    found.append("What is sealed in it (API keys, bot tokens) was sealed with other keys than this environment's.")
    if manifest.has_secrets:
        found.append(
            f"They are in {settings.data_dir / 'secrets.json'} now. What the environment sets counts before it."
        )
    else:
        found.append("Put the earlier ENCRYPTION_KEYS back, behind the present ones, or enter those secrets again.")
    return found


def _refuse_what_does_not_fit(manifest: Manifest, database: str) -> None:
    if manifest.database != database:
        raise BackupError(
            f"This backup holds a {manifest.database} database, and DATABASE_URL names {database}. "
            "Restore it into the same kind; `helix export` and `helix import` go from one kind to the other."
        )
    if not schema_version.knows(manifest.schema):
        raise BackupError(
            f"This backup was made by HELIX {manifest.version} (database at {manifest.schema}), which is newer than "
            "this code. Install that version or a newer one first."
        )


def _refuse_an_installation_in_use(force: bool) -> None:
    if queue.presence().workers:
        raise BackupError("Workers of this installation are running. Stop all of it, then restore.")
    if force:
        return
    there = set(sa.inspect(db.engine).get_table_names())
    with db.engine.connect() as connection:
        for table in IN_USE:
            if table in there and connection.scalar(sa.text(f"SELECT 1 FROM {table} LIMIT 1")):  # noqa: S608
                raise BackupError(
                    f"This installation is not empty: it has {table}. Restore into a new one (another DATA_DIR and "
                    "database), or replace everything in this one with --force."
                )
    if next(iter(stored_files.store().keys()), None):
        raise BackupError("The file store (FILES_URL) is not empty. Name another one, or go on with --force.")


def _put_file_back(store: Store, key: str, content: IO[bytes], size: int) -> None:
    store.save(cast(BinaryIO, content), limit=max(size, 1), key=key)


def _put_secrets_back(settings: Settings, content: IO[bytes]) -> None:
    """Into DATA_DIR/secrets.json, which counts where the environment gives none."""
    found = json.load(content)
    if found == secrets_of(settings):
        return
    descriptor, draft = tempfile.mkstemp(dir=settings.data_dir, prefix=".secrets-")
    with os.fdopen(descriptor, "w") as file:
        json.dump(found, file)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(settings.data_dir / "secrets.json")


def _compare(manifest: Manifest) -> None:
    with db.engine.connect() as connection:
        found = rows_of(connection)
    db.engine.dispose()
    for table, count in manifest.counts.items():
        if table in found and found[table] != count:
            raise BackupError(
                f"After the restore {table} has {found[table]} rows, not {count}. Restore once more, or take another "
                "backup."
            )
