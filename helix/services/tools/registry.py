"""The rows of the built-in tools, kept equal to their definitions in code."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from helix import clock
from helix.db.transaction import transaction
from helix.db.write import table, write
from helix.extensions import db
from helix.models import Tool, ToolSource
from helix.models.vocabulary import ToolSourceKind, ToolStatus
from helix.services.tools.definitions import SOURCE, SOURCE_TITLE, Builtin, definition_hash, estimate_tokens, installed

_SOURCES, _TOOLS = table(ToolSource), table(Tool)


def sync_builtin() -> None:
    """Make the rows of the built-in tools equal to their definitions. Idempotent, also in two processes at once."""
    with transaction():
        source_id, tools = _source_id(), installed()
        stored = {row.name: row for row in db.session.execute(select(_TOOLS).where(_TOOLS.c.source_id == source_id))}
        missing = [tool for tool in tools if tool.name not in stored]
        if missing:
            new = [_columns(tool) | {"source_id": source_id, "accepted_at": clock.now()} for tool in missing]
            write(_insert(_TOOLS).on_conflict_do_nothing(), new)
        for tool in tools:
            row = stored.get(tool.name)
            if row is not None and any(getattr(row, name) != value for name, value in _columns(tool).items()):
                write(update(_TOOLS).where(_TOOLS.c.id == row.id).values(_columns(tool)))
        gone = [row.id for name, row in stored.items() if name not in {tool.name for tool in tools}]
        if gone:
            write(update(_TOOLS).where(_TOOLS.c.id.in_(gone)).values(status=ToolStatus.GONE))


def _source_id() -> int:
    query = select(_SOURCES.c.id).where(_SOURCES.c.slug == SOURCE)
    found = db.session.scalar(query)
    if found is not None:
        return found
    values = {
        "kind": ToolSourceKind.BUILTIN,
        "slug": SOURCE,
        "title": SOURCE_TITLE,
        "created_at": clock.now(),
    }
    write(_insert(_SOURCES).values(values).on_conflict_do_nothing())
    # A statement of its own sees the row of another process that was faster.
    return db.session.scalars(query).one()


def _insert(into: Any) -> Any:
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    return dialect.insert(into)


def _columns(tool: Builtin) -> dict[str, Any]:
    """What a row has from the code. Nobody changes it anywhere else."""
    told = (tool.name, tool.description, tool.parameters)
    return {
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "input_schema": tool.parameters,
        "annotations": {},
        "definition_hash": definition_hash(*told),
        "token_count": estimate_tokens(*told),
        "effect": tool.effect,
        "repeatable": tool.repeatable,
        "reads_private": tool.reads_private,
        "brings_untrusted": tool.brings_untrusted,
        "sends_out": tool.sends_out,
        "default_policy": tool.default_policy,
        "status": ToolStatus.ACCEPTED,
    }
