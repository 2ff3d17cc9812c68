import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

import sqlalchemy as sa
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from helix import queue, schema_version
from helix.backups import archive
from helix.backups.backup import secrets_of, tool_for
from helix.backups.manifest import BackupError, Manifest, fingerprints
from helix.backups.rows import used_table
from helix.db.engine import identity
from helix.errors import HelixError
from helix.extensions import db
from helix.services import stored_files
from helix.settings import Settings


def restore(settings: Settings, path: Path, *, upgrade: Callable[[], None], force: bool = False) -> Manifest:
    """Replace this installation by the one in the file.

    Everything is verified before anything changes, and the database changes atomically, so that a failed restore
    changes nothing. `upgrade` migrates the database to the current schema. Raises BackupError.
    """
    manifest = archive.verify(path)
    url = sa.make_url(settings.database_url)
    tool = tool_for(url)
    _check_compatible(manifest, tool.NAME)
    _check_not_in_use(force)
    db.session.remove()
    db.engine.dispose()
    with _restored_files(path, manifest), _prepared_secrets(settings, path) as replace_secrets:
        for _, content in archive.read_members(path, "database"):
            tool.restore(content, url, manifest.counts)
        replace_secrets()
    _upgrade(upgrade)
    return manifest


def warnings(settings: Settings, manifest: Manifest) -> list[str]:
    """Messages about what to do after this restore."""
    messages = [
        f"The file {key} was missing from the store at the time of the backup." for key in manifest.missing_files
    ]
    if set(manifest.encryption_keys) <= set(fingerprints(settings.encryption_keys)):
        return messages
    messages.append("Its encrypted values (API keys, bot tokens) were sealed with other keys than this environment's.")
    if manifest.has_secrets:
        messages.append(
            f"These keys are in {settings.data_dir / 'secrets.json'} now. Variables of the environment take precedence."
        )
    else:
        messages.append("Put the earlier ENCRYPTION_KEYS back, after the current ones, or enter those secrets again.")
    return messages


def _check_compatible(manifest: Manifest, database: str) -> None:
    if manifest.database != database:
        raise BackupError(
            f"This backup holds a {manifest.database} database, and DATABASE_URL names {database}. "
            "Restore it into the same kind; `helix export` and `helix import` convert from one kind to the other."
        )
    if not schema_version.knows(manifest.schema):
        raise BackupError(
            f"This backup was made by HELIX {manifest.version} (database at {manifest.schema}), which is newer than "
            "this code. Install that version or a newer one first."
        )


def _check_not_in_use(force: bool) -> None:
    if workers := queue.workers_of(_identity()):
        raise BackupError(
            f"Workers of this database are running ({', '.join(workers[:3])}). Stop the whole installation, then "
            "restore. Workers of other installations do not matter, but the restored one needs its own REDIS_URL."
        )
    if force:
        return
    with db.engine.connect() as connection:
        table = used_table(connection)
    if table:
        raise BackupError(
            f"This installation is not empty: it has {table}. Restore into a new one (another DATA_DIR and "
            "database), or replace everything in this one with --force."
        )
    if next(iter(stored_files.store().keys()), None):
        raise BackupError("The file store (FILES_URL) is not empty. Choose another one, or continue with --force.")


def _identity() -> str:
    try:
        return identity(db.engine)
    except OperationalError as error:
        raise BackupError(f"The database cannot be reached: {error.orig}") from error
    except SQLAlchemyError:
        return ""  # unknown: only workers with an unknown database count as its own


@contextmanager
def _restored_files(path: Path, manifest: Manifest) -> Iterator[None]:
    """Store the files of the backup before the database refers to them, and delete them again if the block fails.

    Maintenance deletes existing files that are no longer referenced.
    """
    store = stored_files.store()
    added: list[str] = []
    try:
        for name, content in archive.read_members(path, "files/"):
            key = name.removeprefix("files/")
            if not store.exists(key):
                added.append(key)
            store.save(cast(BinaryIO, content), limit=max(manifest.members[name].size, 1), key=key)
        yield
    except BaseException as error:
        for key in added:
            with suppress(HelixError):
                # Report the original error. `helix doctor` lists unreferenced files.
                store.delete(key)
        if isinstance(error, HelixError):
            raise BackupError(f"The files could not be restored, so nothing was changed: {error}") from error
        raise


@contextmanager
def _prepared_secrets(settings: Settings, path: Path) -> Iterator[Callable[[], object]]:
    """Write the secrets of the backup to a temporary file. Yields a function that moves it to DATA_DIR/secrets.json.

    That file is used for secrets that the environment does not set.
    """
    secrets = next((json.load(content) for _, content in archive.read_members(path, "secrets.json")), None)
    if secrets is None or secrets == secrets_of(settings):
        yield lambda: None
        return
    descriptor, draft = tempfile.mkstemp(dir=settings.data_dir, prefix=".secrets-")
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(secrets, file)
            file.flush()
            os.fsync(file.fileno())
        yield partial(Path(draft).replace, settings.data_dir / "secrets.json")
    finally:
        Path(draft).unlink(missing_ok=True)


def _upgrade(upgrade: Callable[[], None]) -> None:
    try:
        upgrade()
    except Exception as error:
        raise BackupError(
            f"Database and files are restored as they were, but the upgrade failed: {error}. "
            "Fix that, then run `python -m helix migrate`."
        ) from error
