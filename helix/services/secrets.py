"""Secrets at rest: encrypted with the installation's keys, and re-encrypted when the keys are rotated.

A rotation goes through each `*_encrypted` column in batches, each in a transaction of its own, and then reads the
column back: what it reports as current was decrypted with the newest key. Values under the newest key are skipped, so a
rotation can be interrupted, repeated, and run while the installation is in use.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from sqlalchemy import Column, Row, Table, select, update

from helix.crypto.secrets import KeyMissing, Vault
from helix.db.transaction import end_reading, transaction
from helix.extensions import Model, db

BATCH = 200
SUFFIX = "_encrypted"


def _vault() -> Vault:
    return Vault(list(current_app.config["HELIX"].encryption_keys))


def encrypt(secret: str | None) -> str | None:
    return _vault().encrypt(secret) if secret else None


def decrypt(sealed_secret: str | None) -> str | None:
    return _vault().decrypt(sealed_secret) if sealed_secret else None


def equals(sealed_secret: str | None, secret: str | None) -> bool:
    """Whether the encrypted value is this secret. False when no key can decrypt it."""
    try:
        return decrypt(sealed_secret) == secret
    except KeyMissing:
        return False


def can_decrypt(sealed_secret: str) -> bool:
    try:
        decrypt(sealed_secret)
    except KeyMissing:
        return False
    return True


@dataclass(slots=True)
class Rotation:
    """The outcome for one column, with the ids of rows.

    `renewed` values were re-encrypted. On reading back, `current` values were decrypted with the newest key, `outdated`
    with an earlier one, and `unreadable` with none; the last two are unchanged.
    """

    column: str
    renewed: int = 0
    current: int = 0
    outdated: list[Any] = field(default_factory=list)
    unreadable: list[Any] = field(default_factory=list)

    @property
    def seen(self) -> int:
        return self.current + len(self.outdated) + len(self.unreadable)


def rotate_keys(*, batch: int = BATCH) -> Iterator[Rotation]:
    """Re-encrypt each column, yielding its outcome. Raises KeyMissing when no key is configured."""
    vault = Vault(list(current_app.config["HELIX"].encryption_keys))
    for table, column in encrypted_columns():
        rotation = Rotation(f"{table.name}.{column.name}")
        _reencrypt_all(vault, table, column, batch, rotation)
        _verify(vault, table, column, batch, rotation)
        yield rotation


def encrypted_columns() -> list[tuple[Table, Column[str]]]:
    """Every column with encrypted values, recognized by its name."""
    return [
        (table, column)
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith(SUFFIX)
    ]


def _reencrypt_all(vault: Vault, table: Table, column: Column[str], batch: int, rotation: Rotation) -> None:
    last = None
    while True:
        with transaction():
            rows = _rows(table, column, batch, last, for_update=True)
            for row_id, stored in rows:
                rotation.renewed += _reencrypt(vault, table, column, row_id, stored)
        if len(rows) < batch:
            return
        last = rows[-1][0]


def _reencrypt(vault: Vault, table: Table, column: Column[str], row_id: Any, stored: str) -> bool:
    """Re-encrypt a value. False when unchanged: it is under the newest key, or no key can decrypt it."""
    if vault.is_current(stored):
        return False
    try:
        renewed = vault.rotate(stored)
    except KeyMissing:
        return False
    (key,) = table.primary_key.columns
    db.session.execute(update(table).where(key == row_id, column == stored).values({column: renewed}))
    return True


def _verify(vault: Vault, table: Table, column: Column[str], batch: int, rotation: Rotation) -> None:
    last = None
    while True:
        rows = _rows(table, column, batch, last)
        for row_id, stored in rows:
            if vault.is_current(stored):
                rotation.current += 1
            elif _can_open(vault, stored):
                rotation.outdated.append(row_id)
            else:
                rotation.unreadable.append(row_id)
        end_reading()
        if len(rows) < batch:
            return
        last = rows[-1][0]


def _can_open(vault: Vault, stored: str) -> bool:
    try:
        vault.decrypt(stored)
    except KeyMissing:
        return False
    return True


def _rows(table: Table, column: Column[str], batch: int, last: Any, *, for_update: bool = False) -> list[Row]:
    """The next batch of values ordered by primary key, after the row `last`."""
    (key,) = table.primary_key.columns
    query = select(key, column).where(column.is_not(None)).order_by(key).limit(batch)
    if last is not None:
        query = query.where(key > last)
    return list(db.session.execute(query.with_for_update() if for_update else query).all())
