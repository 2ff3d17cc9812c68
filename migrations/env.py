"""Runs migrations inside the application, on SQLite and PostgreSQL alike."""

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy.types import TypeDecorator

import helix.models  # noqa: F401 - fills the metadata
from helix.db.engine import for_writing
from helix.models.types import EnumText, Money, UtcDateTime

# Kept by hand in the migrations: the search index of SQLite with its shadow tables.
BY_HAND = ("task_search", "task_words")


def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    by_hand = kind == "table" and name and name.startswith(BY_HAND)
    searching = kind == "index" and name and name.endswith("_trigram")
    return not by_hand and not searching


def plainly(kind: str, item: Any, context_: Any) -> str | bool:
    """Our column types as the types that they are kept in: a migration must not change when our code does."""
    if kind != "type" or not isinstance(item, TypeDecorator):
        return False
    if isinstance(item, EnumText):
        return f"sa.String(length={item.impl.length})"
    return {UtcDateTime: "sa.DateTime(timezone=True)", Money: "sa.BigInteger()"}[type(item)]


def run() -> None:
    db = current_app.extensions["migrate"].db
    with db.engine.connect().execution_options(**for_writing(db.engine)) as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            include_object=ours,
            render_as_batch=True,
            render_item=plainly,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                # Two processes that start together: the second waits, and then finds nothing to do.
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7431000)")
            context.run_migrations()


run()
