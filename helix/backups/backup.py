import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import sqlalchemy as sa

from config import Settings
from helix import __version__, clock
from helix.backups import archive, postgresql, sqlite
from helix.backups.archive import Archive
from helix.backups.errors import BackupError
from helix.backups.manifest import Manifest, fingerprints
from helix.backups.rows import rows_of, used_table
from helix.errors import HelixError, NotFound
from helix.files import Store
from helix.services import stored_files

EMPTY = (
    "There is nothing to keep in this database: no person, no agent, no task. Check DATABASE_URL and DATA_DIR; "
    "--allow-empty writes it all the same."
)


def backup(
    settings: Settings, path: Path, *, with_secrets: bool = False, replace: bool = False, allow_empty: bool = False
) -> Manifest:
    """Write the installation into one file while it runs. Raises BackupError; nothing half is left then.

    An installation without a person, agent or task is refused unless `allow_empty`: a nightly backup of the wrong
    database must not look like a good one. One without any table is refused always, for nothing could be restored.
    Without `with_secrets` the keys stay where they are: what they have sealed can be read only with them.
    """
    url = sa.make_url(settings.database_url)
    tool = tool_for(url)
    with archive.written(path, replace=replace) as to:
        with to.member("database") as dump, tool.snapshot(url, dump, path.parent) as moment:
            schema = _schema(moment)
            if not allow_empty and not used_table(moment):
                raise BackupError(EMPTY)
            counts = rows_of(moment)
            keys = sorted(_file_keys(moment))
            database_version = ".".join(map(str, moment.dialect.server_version_info or ()))
        missing = [key for key in keys if not _add_file(to, stored_files.store(), key)]
        if with_secrets:
            with to.member("secrets.json") as content:
                content.write(json.dumps(secrets_of(settings)).encode())
        manifest = Manifest(
            version=__version__,
            created_at=clock.now().isoformat(),
            database=tool.NAME,
            database_version=database_version,
            schema=schema,
            counts=counts,
            encryption_keys=fingerprints(settings.encryption_keys),
            members=to.members,
            missing_files=missing,
        )
        to.finish(manifest)
    return manifest


def _schema(moment: sa.Connection) -> str:
    if not sa.inspect(moment).has_table("alembic_version"):
        raise BackupError("There is no installation in this database. DATABASE_URL or DATA_DIR names another one.")
    return str(moment.scalar(sa.text("SELECT version_num FROM alembic_version")))


def tool_for(url: sa.URL) -> ModuleType:
    return postgresql if url.get_backend_name() == "postgresql" else sqlite


def secrets_of(settings: Settings) -> dict[str, object]:
    """In the form of DATA_DIR/secrets.json."""
    return {
        "secret_key": settings.secret_key,
        "jwt_secret_key": settings.jwt_secret_key,
        "encryption_keys": list(settings.encryption_keys),
    }


def _file_keys(moment: sa.Connection) -> Iterator[str]:
    for column in stored_files.FILE_KEY_COLUMNS:
        yield from (key for key in moment.scalars(sa.select(column)) if key)


def _add_file(to: Archive, store: Store, key: str) -> bool:
    """False when it is gone: its task was deleted a moment ago, or it had vanished before."""
    try:
        with store.open(key) as source, to.member(f"files/{key}") as content:
            shutil.copyfileobj(source, content, archive.PIECE)
    except NotFound:
        return False
    except HelixError as error:
        raise BackupError(str(error)) from error
    return True
