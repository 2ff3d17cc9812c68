"""What an export contains: every table and column except those excluded here, as JSON lines."""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Table, select
from sqlalchemy.engine import Connection

from helix.clock import iso
from helix.extensions import db
from helix.models.types import DERIVED

# Increment when older versions can no longer read the format.
FORMAT = 1

EXCLUDED_TABLES = {
    "browser_sessions": "who is signed in where",
    "api_tokens": "what lets somebody in",
    "one_time_tokens": "what lets somebody in",
    "identities": "what lets somebody in",
    "idempotency_keys": "answers of the last 24 hours",
    "leases": "which process works right now",
    "provider_cooldowns": "which provider is left alone right now",
    "deliveries": "messages on their way",
    "webhook_deliveries": "messages on their way",
    "task_tallies": "counted by the database itself",
    "notification_tallies": "counted by the database itself",
}
SECRET_COLUMNS = {
    "users": {"password_hash", "token_version"},
    "organization": {"telegram_bot_token_encrypted", "web_search_key_encrypted", "web_search_key_hint"},
    "ai_models": {"api_key_encrypted", "key_hint"},
    "tool_sources": {"secret_encrypted", "secret_hint", "oauth_encrypted"},
    "webhooks": {"secret_encrypted", "old_secret_encrypted"},
}
BATCH_SIZE = 500


def exported_tables() -> list[Table]:
    """The tables to export, in an order that satisfies foreign keys on import."""
    return [table for table in db.metadata.sorted_tables if table.name not in EXCLUDED_TABLES]


def exported_columns(table: Table) -> list[Column]:
    secret = SECRET_COLUMNS.get(table.name, set())
    return [column for column in table.columns if column.name not in secret and DERIVED not in column.info]


def json_lines(connection: Connection, table: Table) -> Iterator[list[str]]:
    """Yield batches of JSON lines, ordered by primary key."""
    columns = exported_columns(table)
    names = [column.name for column in columns]
    query = select(*columns).order_by(*table.primary_key.columns)
    result = connection.execution_options(yield_per=BATCH_SIZE).execute(query)
    for rows in result.partitions():
        yield [
            json.dumps(dict(zip(names, row, strict=True)), default=to_json, ensure_ascii=False) + "\n" for row in rows
        ]


def to_json(value: Any) -> str:
    """`json.dumps(default=…)`: times as ISO 8601 in UTC, decimals as text."""
    if isinstance(value, datetime):
        return iso(value) or ""
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"An export cannot write {type(value).__name__}.")
