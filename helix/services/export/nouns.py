"""Which tables and columns an export holds: every one that is not named here with the reason why not."""

from sqlalchemy import Column, Table

from helix.extensions import db
from helix.models.searched import DERIVED

# Raised when an older reader could no longer understand what is written.
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
    "organization": {"telegram_bot_token_encrypted"},
    "ai_models": {"api_key_encrypted", "key_hint"},
    "webhooks": {"secret_encrypted", "old_secret_encrypted"},
}


def exported_tables() -> list[Table]:
    """In the order in which they can be put into an empty database."""
    return [table for table in db.metadata.sorted_tables if table.name not in EXCLUDED_TABLES]


def exported_columns(table: Table) -> list[Column]:
    secret = SECRET_COLUMNS.get(table.name, set())
    return [column for column in table.columns if column.name not in secret and DERIVED not in column.info]
