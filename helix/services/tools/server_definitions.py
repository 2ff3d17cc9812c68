"""What servers say about their tools: asked for by a worker, compared with what was accepted, and stored.

A tool that an admin has accepted is switched off as soon as its server says something else about it, until an admin
has read the difference.
"""

import logging
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from helix import clock, live, mcp, queue
from helix.db.locking import lock
from helix.db.transaction import end_reading, transaction
from helix.errors import Conflict
from helix.extensions import db
from helix.mcp import McpFailed, ServerTool
from helix.models import Tool, ToolSource
from helix.models.vocabulary import ToolEffect, ToolPolicy, ToolSourceKind, ToolStatus
from helix.policies.actor import SYSTEM, Actor
from helix.services import activity, notifications
from helix.services.required_rows import get_required
from helix.services.tools import oauth, server, tools_file
from helix.services.tools.context import ToolFailed
from helix.services.tools.definitions import definition_hash, estimate_tokens
from helix.services.tools.grants import offered_name
from helix.services.tools.lookup import DEFINITION, require_admin

log = logging.getLogger(__name__)

JOB = "helix.jobs.tools.refresh"
# Reading the definitions must not occupy the worker of short jobs for longer.
MAX_SECONDS = 30.0
WAIT_SECONDS = 40.0
EVERY = timedelta(days=1)
# Between two attempts of the scheduler for the same source.
RETRY_SECONDS = 6 * 3600
LONGEST_NAME = 128
LONGEST_ERROR = 500


@dataclass
class Outcome:
    """What a refresh has found. `left_out` says in sentences which tools cannot be used."""

    success: bool
    message: str
    new: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def refresh(actor: Actor, source_id: int) -> dict[str, Any]:
    """Have a worker ask the server for its tools, and wait for it. Returns the fields of Outcome.

    Raises Unavailable when no worker answers. For admins.
    """
    require_admin(actor)
    source = get_required(ToolSource, source_id, "source of tools")
    if source.kind == ToolSourceKind.BUILTIN:
        raise Conflict("The built-in tools come with this version of HELIX and need no refresh.")
    end_reading()  # do not hold a database connection while waiting for the worker
    return queue.ask(JOB, source_id, seconds=WAIT_SECONDS)


def refresh_now(source_id: int) -> dict[str, Any]:
    """For the worker: ask the server and store what it says. Returns the fields of Outcome."""
    source = db.session.get(ToolSource, source_id)
    if source is None:
        return Outcome(False, "This source has been deleted.").as_dict()
    asked = _place(source)
    end_reading()
    try:
        said = _ask(source_id)
    except (ToolFailed, McpFailed) as failure:
        return _store_failure(source_id, asked, str(failure)).as_dict()
    return _store(source_id, asked, said).as_dict()


def enqueue_due() -> None:
    """Have a worker refresh the source that was asked longest ago, if that is a day. For the scheduler."""
    due = clock.now() - EVERY
    query = (
        select(ToolSource.id)
        .where(
            ToolSource.kind != ToolSourceKind.BUILTIN,
            ToolSource.enabled,
            # A source that was never asked is new, and its admin asks it first.
            ToolSource.refreshed_at < due,
        )
        .order_by(ToolSource.refreshed_at)
    )
    ids = list(db.session.scalars(query))
    end_reading()
    for source_id in ids:
        if queue.enqueue_throttled(JOB, source_id, seconds=RETRY_SECONDS):
            return


def _place(source: ToolSource) -> tuple[Any, ...]:
    """What decides which server answers."""
    return source.kind, source.url, source.auth, source.allow_private


def _ask(source_id: int) -> list[ServerTool]:
    def listed(found: mcp.Server) -> list[ServerTool]:
        hurried = replace(found, timeout_seconds=min(found.timeout_seconds, MAX_SECONDS))
        return mcp.list_tools(hurried, processes=server.process_limits())

    return server.use(source_id, listed)


def _store_failure(source_id: int, asked: tuple[Any, ...], message: str) -> Outcome:
    with transaction() as after_commit:
        source = lock(ToolSource, source_id)
        if source is not None and _place(source) == asked and source.refresh_error != tools_file.LEFT:
            ended = oauth.state_of(source) == "ended"
            source.refresh_error = oauth.CONNECT_AGAIN if ended else message[:LONGEST_ERROR]
            source.refreshed_at = clock.now()
            after_commit(live.publish, "tool_source", source_id)
    return Outcome(False, message)


def _store(source_id: int, asked: tuple[Any, ...], said: list[ServerTool]) -> Outcome:
    """Compare what the server says with the stored tools, in one transaction."""
    with transaction() as after_commit:
        source = lock(ToolSource, source_id)
        if source is None or _place(source) != asked:
            return Outcome(False, "The source was changed while its server was asked. Refresh it again.")
        outcome = Outcome(True, "")
        usable = _usable(source, said, outcome)
        query = select(Tool).where(Tool.source_id == source_id).order_by(Tool.id).with_for_update()
        stored = {tool.name: tool for tool in db.session.scalars(query.execution_options(populate_existing=True))}
        for tool in usable:
            _compare(source, stored.get(tool.name), tool, outcome)
        names = {tool.name for tool in usable}
        for tool in stored.values():
            if tool.name not in names and tool.status != ToolStatus.GONE:
                tool.status, tool.pending_definition = ToolStatus.GONE, None
                outcome.gone.append(offered_name(tool, source))
        outcome.message = _summary(len(usable), outcome)
        source.refreshed_at = clock.now()
        source.refresh_error = " ".join(outcome.left_out)[:LONGEST_ERROR] or None
        if outcome.new or outcome.changed or outcome.back or outcome.gone:
            counts = {name: len(getattr(outcome, name)) for name in ("new", "changed", "back", "gone")}
            activity.record(
                SYSTEM, "tool.source_refreshed", "tool_source", source.id, source.title, admin_only=True, **counts
            )
        if outcome.changed:
            notifications.tools_changed(source.id, source.title, outcome.changed)
        after_commit(live.publish, "tool_source", source_id)
    return outcome


def _usable(source: ToolSource, said: list[ServerTool], outcome: Outcome) -> list[ServerTool]:
    """The tools that can be offered to models; the others are named in `left_out`."""
    found: dict[str, ServerTool] = {}
    for tool in said:
        shown = tool.name if len(tool.name) <= 60 else f"{tool.name[:60]}…"
        offered = offered_name(Tool(name=tool.name), source)
        if not tool.name or len(tool.name) > LONGEST_NAME:
            outcome.left_out.append(f"{shown}: its name is longer than {LONGEST_NAME} characters.")
        elif tool.problem is not None:
            outcome.left_out.append(f"{shown}: {tool.problem}")
        elif offered in found:
            outcome.left_out.append(f"{shown}: another tool of the server has this name.")
        else:
            found[offered] = tool
    return list(found.values())


def _compare(source: ToolSource, tool: Tool | None, said: ServerTool, outcome: Outcome) -> None:
    definition = _definition(said)
    if tool is None:
        tool = Tool(source_id=source.id, name=said.name, status=ToolStatus.NEW)
        _take(tool, definition)
        db.session.add(tool)
        outcome.new.append(offered_name(tool, source))
        return
    shown, was_gone = offered_name(tool, source), tool.status == ToolStatus.GONE
    if tool.accepted_at is None:
        # Nobody has read the earlier definition, so that there is nothing to compare with.
        _take(tool, definition)
        tool.status = ToolStatus.NEW
        if was_gone:
            outcome.back.append(shown)
    elif definition == _accepted(tool):
        # Also when it changed and was changed back.
        if tool.status != ToolStatus.ACCEPTED:
            outcome.back.append(shown)
        tool.status, tool.pending_definition = ToolStatus.ACCEPTED, None
    else:
        if tool.status != ToolStatus.CHANGED or tool.pending_definition != definition:
            outcome.changed.append(shown)
        tool.status, tool.pending_definition = ToolStatus.CHANGED, definition


def _definition(said: ServerTool) -> dict[str, Any]:
    return {
        "title": said.title[:200],
        "description": said.description,
        "input_schema": said.input_schema,
        "annotations": said.annotations,
    }


def _accepted(tool: Tool) -> dict[str, Any]:
    return {name: getattr(tool, name) for name in DEFINITION}


def _take(tool: Tool, definition: dict[str, Any]) -> None:
    """A definition that no admin has read yet, with the facts that its server suggests."""
    for name, value in definition.items():
        setattr(tool, name, value)
    told = (tool.name, tool.description, tool.input_schema)
    tool.definition_hash, tool.token_count = definition_hash(*told), estimate_tokens(*told)
    for name, value in suggested_facts(tool.annotations).items():
        setattr(tool, name, value)
    # Before an admin has confirmed it, no call is repeated because its server says so.
    tool.repeatable = False


def suggested_facts(annotations: dict[str, Any]) -> dict[str, Any]:
    """The facts about a tool as its server hints at them (MCP, ToolAnnotations), for an admin to confirm.

    What a server does not say counts as the worse. Whether private data is read is nothing that a server knows.
    """
    is_read_only = annotations.get("readOnlyHint") is True
    is_destructive = annotations.get("destructiveHint") is not False
    is_open_world = annotations.get("openWorldHint") is not False
    changes = ToolEffect.DESTRUCTIVE if is_destructive else ToolEffect.WRITE
    return {
        "effect": ToolEffect.READ if is_read_only else changes,
        "repeatable": is_read_only or annotations.get("idempotentHint") is True,
        "reads_private": True,
        "brings_untrusted": is_open_world,
        "sends_out": is_open_world,
        "default_policy": ToolPolicy.ASK,
    }


def _summary(count: int, outcome: Outcome) -> str:
    parts = [f"{count:,} {'tool' if count == 1 else 'tools'}"]
    for name, words in (("new", "new"), ("changed", "changed"), ("back", "back"), ("gone", "gone")):
        if amount := len(getattr(outcome, name)):
            parts.append(f"{amount:,} {words}")
    if outcome.left_out:
        parts.append(f"{len(outcome.left_out):,} that cannot be used")
    return f"{parts[0]}: {', '.join(parts[1:])}." if len(parts) > 1 else f"{parts[0]}, nothing new."


def changed_count() -> int:
    """How many tools are switched off because their definition has changed."""
    return db.session.scalar(select(func.count(Tool.id)).where(Tool.status == ToolStatus.CHANGED)) or 0
