"""The rows of a table as lines of JSON: times in UTC, money as decimal text, words as they are."""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

from helix.clock import iso
from helix.services.export.nouns import exported_columns

BATCH_SIZE = 500


def json_lines(connection: Connection, table: Table) -> Iterator[list[str]]:
    """Some lines at a time, in the order of the primary key."""
    wanted = exported_columns(table)
    names = [column.name for column in wanted]
    query = select(*wanted).order_by(*table.primary_key.columns)
    found = connection.execution_options(yield_per=BATCH_SIZE).execute(query)
    for rows in found.partitions():
        yield [
            json.dumps(dict(zip(names, row, strict=True)), default=to_json, ensure_ascii=False) + "\n" for row in rows
        ]


def to_json(value: Any) -> str:
    """What JSON has no word for."""
    if isinstance(value, datetime):
        return iso(value) or ""
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"An export cannot write {type(value).__name__}.")
