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

from config import Settings
from helix import queue, schema_version
from helix.backups import archive
from helix.backups.backup import secrets_of, tool_for
from helix.backups.errors import BackupError
from helix.backups.manifest import Manifest, fingerprints
from helix.backups.rows import used_table
from helix.database import identity
from helix.errors import HelixError
from helix.extensions import db
from helix.services import stored_files


def restore(settings: Settings, path: Path, *, upgrade: Callable[[], None], force: bool = False) -> Manifest:
    """Make this installation the one in the file. Everything that can be checked is checked before anything changes,
    and the database changes in one step: a restore that fails leaves what was there.

    `upgrade` brings the database to the newest shape. Raises BackupError.
    """
    manifest = archive.checked(path)
    url = sa.make_url(settings.database_url)
    tool = tool_for(url)
    _refuse_what_does_not_fit(manifest, tool.NAME)
    _refuse_an_installation_in_use(force)
    db.session.remove()
    db.engine.dispose()
    with _files_beside(path, manifest), _secrets_beside(settings, path) as put_secrets_back:
        for _, content in archive.contents(path, "database"):
            tool.put_back(content, url, manifest.counts)
        put_secrets_back()
    _bring_up_to_date(upgrade)
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
    if not schema_version.is_known(manifest.schema):
        raise BackupError(
            f"This backup was made by HELIX {manifest.version} (database at {manifest.schema}), which is newer than "
            "this code. Install that version or a newer one first."
        )


def _refuse_an_installation_in_use(force: bool) -> None:
    if workers := queue.workers_of(_identity()):
        raise BackupError(
            f"Workers of this database are running ({', '.join(workers[:3])}). Stop all of the installation, then "
            "restore. Workers of another one do not matter; give the restored one a REDIS_URL of its own all the same."
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
        raise BackupError("The file store (FILES_URL) is not empty. Name another one, or go on with --force.")


def _identity() -> str:
    try:
        return identity(db.engine)
    except OperationalError as error:
        raise BackupError(f"The database cannot be reached: {error.orig}") from error
    except SQLAlchemyError:
        return ""  # it does not tell: then only workers that do not tell either count as its own


@contextmanager
def _files_beside(path: Path, manifest: Manifest) -> Iterator[None]:
    """Files under keys of their own beside those that are there, before the database names them. When the restore
    fails, those that came with it are taken away again. What no row names afterwards is upkeep's to delete."""
    store = stored_files.store()
    came: list[str] = []
    try:
        for name, content in archive.contents(path, "files/"):
            key = name.removeprefix("files/")
            if not store.exists(key):
                came.append(key)
            store.save(cast(BinaryIO, content), limit=max(manifest.members[name].size, 1), key=key)
        yield
    except BaseException as error:
        for key in came:
            with suppress(HelixError):
                # Why the restore failed is what a person must hear of; doctor tells of a file that nobody names.
                store.delete(key)
        if isinstance(error, HelixError):
            raise BackupError(f"The files could not be brought back, so nothing was changed: {error}") from error
        raise


@contextmanager
def _secrets_beside(settings: Settings, path: Path) -> Iterator[Callable[[], object]]:
    """Written before anything changes; the function puts them into DATA_DIR/secrets.json, which counts where the
    environment gives none."""
    found = next((json.load(content) for _, content in archive.contents(path, "secrets.json")), None)
    if found is None or found == secrets_of(settings):
        yield lambda: None
        return
    descriptor, draft = tempfile.mkstemp(dir=settings.data_dir, prefix=".secrets-")
    try:
        with os.fdopen(descriptor, "w") as file:
            json.dump(found, file)
            file.flush()
            os.fsync(file.fileno())
        yield partial(Path(draft).replace, settings.data_dir / "secrets.json")
    finally:
        Path(draft).unlink(missing_ok=True)


def _bring_up_to_date(upgrade: Callable[[], None]) -> None:
    try:
        upgrade()
    except Exception as error:
        raise BackupError(
            f"Database and files are restored as they were, but bringing them up to date failed: {error}. "
            "Mend that, then run `python -m helix migrate`."
        ) from error
