"""Bringing every stored secret under the newest encryption key, so that the earlier keys may be thrown away.

Goes through each `*_encrypted` column in batches, each in a transaction of its own. What is under the newest key
already is left alone, so it may be interrupted, repeated, and run while people work: a secret that was changed
meanwhile was encrypted with the newest key anyhow.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from flask import current_app
from sqlalchemy import Column, Table, select, update

from helix.crypto.secrets import KeyMissing, Vault
from helix.extensions import Model, db
from helix.transaction import end_reading, transaction

BATCH = 200
SUFFIX = "_encrypted"


@dataclass(slots=True)
class Rotation:
    """What was found in one column. `unreadable` are the ids of rows under a key that is none of ours: left alone."""

    column: str
    seen: int = 0
    renewed: int = 0
    unreadable: list[int] = field(default_factory=list)


def rotate_keys(*, batch: int = BATCH) -> Iterator[Rotation]:
    """One column after the other, each told of when it is done. Raises KeyMissing when there is no key at all."""
    vault = Vault(list(current_app.config["HELIX"].encryption_keys))
    for table, column in encrypted_columns():
        yield _rotate(vault, table, column, batch)


def encrypted_columns() -> list[tuple[Table, Column[str]]]:
    """Every column that holds secrets, known by its name."""
    return [
        (table, column)
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if column.name.endswith(SUFFIX)
    ]


def _rotate(vault: Vault, table: Table, column: Column[str], batch: int) -> Rotation:
    found = Rotation(f"{table.name}.{column.name}")
    (key,) = table.primary_key.columns
    last = None
    while True:
        with transaction():
            query = select(key, column).where(column.is_not(None)).order_by(key).limit(batch).with_for_update()
            rows = db.session.execute(query if last is None else query.where(key > last)).all()
            for row_id, stored in rows:
                _renew(vault, update(table).where(key == row_id, column == stored), column, row_id, stored, found)
        if len(rows) < batch:
            end_reading()
            return found
        last = rows[-1][0]


def _renew(vault: Vault, change: object, column: Column[str], row_id: int, stored: str, found: Rotation) -> None:
    found.seen += 1
    if vault.is_current(stored):
        return
    try:
        renewed = vault.rotate(stored)
    except KeyMissing:
        found.unreadable.append(row_id)
        return
    db.session.execute(change.values({column: renewed}))  # type: ignore[attr-defined]
    found.renewed += 1
