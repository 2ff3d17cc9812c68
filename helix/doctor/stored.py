"""Checks of stored data: whether encrypted values can be decrypted and all files exist."""

from collections.abc import Iterator

from sqlalchemy import select

from helix.crypto.secrets import KeyMissing, Vault
from helix.doctor.finding import Finding, error, ok, warning
from helix.errors import HelixError
from helix.extensions import db
from helix.services import stored_files
from helix.services.secrets import encrypted_columns
from helix.settings import Settings


def sealed_values(settings: Settings) -> Iterator[Finding]:
    vault = Vault(settings.encryption_keys)
    opened, older, lost = 0, 0, []
    for table, column in encrypted_columns():
        rows = db.session.execute(select(table.primary_key.columns.values()[0], column).where(column.is_not(None)))
        for key, value in rows:
            try:
                vault.decrypt(value)
            except KeyMissing:
                lost.append(f"{table.name} {key}")
            else:
                opened += 1
                older += not vault.is_current(value)
    if lost:
        yield error(
            f"{len(lost)} encrypted values cannot be decrypted with ENCRYPTION_KEYS: {', '.join(lost[:5])}.",
            "Put the earlier key back after the current ones, or enter these secrets again.",
        )
    if older:
        yield warning(
            f"{older} values are encrypted with an older key.", "Run: helix rotate-keys. Then remove that key."
        )
    if not lost and not older:
        yield ok(f"Encrypted values: {opened}, all with the first of ENCRYPTION_KEYS")


def files(_settings: Settings) -> Iterator[Finding]:
    named = {key for column in stored_files.FILE_KEY_COLUMNS for key in db.session.scalars(select(column)) if key}
    try:
        missing = named - set(stored_files.store().keys())
    except HelixError as problem:
        yield error(f"The file store does not answer. {problem}", "Check FILES_URL and the AWS_* variables.")
        return
    if missing:
        some = ", ".join(sorted(missing)[:3])
        yield error(
            f"{len(missing)} of {len(named)} files are missing from the store, such as {some}.",
            "Check that FILES_URL is the same on all hosts, or restore them from a backup.",
        )
    else:
        yield ok(f"Files: {len(named)}, none missing")


CHECKS = (sealed_values, files)
