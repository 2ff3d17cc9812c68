"""Reading tools, and accepting what a server says about them."""

from typing import Any

from sqlalchemy import select

from helix import clock
from helix.clock import iso
from helix.db.locking import lock
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import Tool, ToolSource
from helix.models.vocabulary import ToolEffect, ToolPolicy, ToolSourceKind, ToolStatus
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.required_rows import required
from helix.services.tools.definitions import definition_hash, estimate_tokens
from helix.services.tools.grants import offered_name

Found = tuple[Tool, ToolSource]
# What the server says about a tool, and so may be in `pending_definition`.
DEFINITION = ("title", "description", "input_schema", "annotations")


def require_admin(actor: Actor) -> None:
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can change tools and where they come from.")


def tools() -> list[Found]:
    """Every tool that exists, the built-in ones first. Everybody who is signed in may see them."""
    query = (
        select(Tool, ToolSource)
        .join(ToolSource, ToolSource.id == Tool.source_id)
        .where(Tool.status != ToolStatus.GONE)
        .order_by(ToolSource.kind != ToolSourceKind.BUILTIN, ToolSource.slug, Tool.id)
    )
    return [(tool, source) for tool, source in db.session.execute(query)]


def get(tool_id: int) -> Found:
    query = select(Tool, ToolSource).join(ToolSource, ToolSource.id == Tool.source_id).where(Tool.id == tool_id)
    found = db.session.execute(query).one_or_none()
    if found is None:
        raise NotFound("There is no such tool.")
    return found[0], found[1]


def accept(actor: Actor, tool_id: int, *, definition: str, **facts: Any) -> Found:
    """Confirm the definition that was read and the facts about it, with which the tool may be used. For admins.

    `definition` is the hash of what the admin has seen: raises Conflict if the server says something else by now.
    `facts` are the columns of Tool from `effect` to `default_policy`; those left out stay as they are.
    """
    require_admin(actor)
    with transaction():
        tool = required(lock(Tool, tool_id), "tool")
        source = db.session.get_one(ToolSource, tool.source_id)
        if source.kind == ToolSourceKind.BUILTIN:
            raise Conflict("Built-in tools come with this version of HELIX and need not be accepted.")
        if tool.status == ToolStatus.GONE:
            raise Conflict("The server does not offer this tool any more.")
        if definition != offered_hash(tool):
            raise Conflict("The definition of this tool has changed since you read it. Read it again.")
        said = tool.pending_definition or {}
        for name, value in [*((name, said[name]) for name in DEFINITION if name in said), *facts.items()]:
            setattr(tool, name, value)
        if tool.effect == ToolEffect.DESTRUCTIVE and tool.default_policy == ToolPolicy.ALLOW:
            raise Invalid.field(
                "default_policy", "A tool that cannot be undone is not allowed to every agent. Grant it to single ones."
            )
        tool.pending_definition = None
        told = (tool.name, tool.description, tool.input_schema)
        tool.definition_hash, tool.token_count = definition_hash(*told), estimate_tokens(*told)
        tool.status = ToolStatus.ACCEPTED
        tool.accepted_by_user_id, tool.accepted_at = actor.user_id, clock.now()
        shown = offered_name(tool, source)
        activity.record(actor, "tool.accepted", "tool", tool.id, shown, admin_only=True, effect=tool.effect)
    return tool, source


def offered_hash(tool: Tool) -> str:
    """The hash of what the server says now, which differs from `definition_hash` while a change is not accepted."""
    said = {"description": tool.description, "input_schema": tool.input_schema} | (tool.pending_definition or {})
    return definition_hash(tool.name, said["description"], said["input_schema"])


def serialize(tool: Tool, source: ToolSource) -> dict[str, Any]:
    """The API representation."""
    return {
        "id": tool.id,
        "name": offered_name(tool, source),
        "source": source.slug,
        "title": tool.title,
        "description": tool.description,
        "input_schema": tool.input_schema,
        "annotations": tool.annotations,
        "definition": offered_hash(tool),
        "token_count": tool.token_count,
        "effect": tool.effect,
        "repeatable": tool.repeatable,
        "reads_private": tool.reads_private,
        "brings_untrusted": tool.brings_untrusted,
        "sends_out": tool.sends_out,
        "default_policy": tool.default_policy,
        "status": tool.status,
        "pending_definition": tool.pending_definition,
        "accepted_at": iso(tool.accepted_at),
    }
