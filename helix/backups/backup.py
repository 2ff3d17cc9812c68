import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import sqlalchemy as sa

from helix import __version__, clock
from helix.backups import archive, postgresql, sqlite
from helix.backups.archive import Archive
from helix.backups.manifest import BackupError, Manifest, fingerprints
from helix.backups.rows import rows_of, used_table
from helix.errors import HelixError, NotFound
from helix.files import Store
from helix.services import stored_files
from helix.settings import Settings

EMPTY = (
    "There is nothing to back up in this database: no person, no agent, no task. Check DATABASE_URL and DATA_DIR; "
    "--allow-empty writes the backup anyway."
)


def backup(
    settings: Settings, path: Path, *, with_secrets: bool = False, replace: bool = False, allow_empty: bool = False
) -> Manifest:
    """Back up the installation into one file while it runs. Raises BackupError and then leaves no file.

    An installation without a person, agent or task is refused unless `allow_empty`: a nightly backup of the wrong
    database must not look like a good one. A database without tables is always refused. Without `with_secrets` the
    encryption keys are not included, and encrypted values can be read only with a copy of them.
    """
    url = sa.make_url(settings.database_url)
    tool = tool_for(url)
    with archive.create(path, replace=replace) as target:
        with target.member("database") as dump, tool.snapshot(url, dump, path.parent) as connection:
            schema = _schema(connection)
            if not allow_empty and not used_table(connection):
                raise BackupError(EMPTY)
            counts = rows_of(connection)
            keys = sorted(_file_keys(connection))
            database_version = ".".join(map(str, connection.dialect.server_version_info or ()))
        missing = [key for key in keys if not _add_file(target, stored_files.store(), key)]
        if with_secrets:
            with target.member("secrets.json") as content:
                content.write(json.dumps(secrets_of(settings)).encode())
        manifest = Manifest(
            version=__version__,
            created_at=clock.now().isoformat(),
            database=tool.NAME,
            database_version=database_version,
            schema=schema,
            counts=counts,
            encryption_keys=fingerprints(settings.encryption_keys),
            members=target.members,
            missing_files=missing,
        )
        target.finish(manifest)
    return manifest


def _schema(connection: sa.Connection) -> str:
    if not sa.inspect(connection).has_table("alembic_version"):
        raise BackupError("This database has no HELIX installation. Check DATABASE_URL and DATA_DIR.")
    return str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")))


def tool_for(url: sa.URL) -> ModuleType:
    return postgresql if url.get_backend_name() == "postgresql" else sqlite


def secrets_of(settings: Settings) -> dict[str, object]:
    """The secrets in the format of DATA_DIR/secrets.json."""
    return {
        "secret_key": settings.secret_key,
        "jwt_secret_key": settings.jwt_secret_key,
        "encryption_keys": list(settings.encryption_keys),
    }


def _file_keys(connection: sa.Connection) -> Iterator[str]:
    for column in stored_files.FILE_KEY_COLUMNS:
        yield from (key for key in connection.scalars(sa.select(column)) if key)


def _add_file(target: Archive, store: Store, key: str) -> bool:
    """Add a file of the store. Returns False if it is missing, for example because its task was just deleted."""
    try:
        with store.open(key) as source, target.member(f"files/{key}") as content:
            shutil.copyfileobj(source, content, archive.CHUNK)
    except NotFound:
        return False
    except HelixError as error:
        raise BackupError(str(error)) from error
    return True
