"""Reading tools, and accepting what a server says about them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from flask import current_app
from sqlalchemy import case, select

from helix import clock, live
from helix.clock import iso
from helix.db.locking import lock
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, HelixError, Invalid, NotFound
from helix.extensions import db
from helix.models import Agent, AgentTool, Tool, ToolSource
from helix.models.vocabulary import ToolEffect, ToolPolicy, ToolSourceKind, ToolStatus
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.required_rows import required
from helix.services.tools.definitions import definition_hash, estimate_tokens
from helix.services.tools.grants import offered_name

Found = tuple[Tool, ToolSource]
# The facts about a tool, which an admin confirms.
FACTS = ("effect", "repeatable", "reads_private", "brings_untrusted", "sends_out", "default_policy")
# What the server says about a tool, and so may be in `pending_definition`.
DEFINITION = ("title", "description", "input_schema", "annotations")


@dataclass(frozen=True)
class AgentGrant:
    agent_id: int
    name: str
    policy: ToolPolicy


def require_admin(actor: Actor) -> None:
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can change tools and where they come from.")


def may_connect_privately(source: ToolSource) -> bool:
    """Whether connections to private addresses are allowed, by the source and by the installation."""
    return source.allow_private and current_app.config["HELIX"].allow_private_tool_addresses


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
    with transaction() as after_commit:
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
        after_commit(live.publish, "tool_source", source.id)
    return tool, source


@dataclass(frozen=True)
class Acceptance:
    """What an admin accepts: `definition` is the hash of what was read, `facts` as for `accept`."""

    tool_id: int
    definition: str
    facts: dict[str, Any]


def accept_many(actor: Actor, wanted: Sequence[Acceptance]) -> list[tuple[int, HelixError | None]]:
    """Accept several tools, each in a transaction of its own. Returns (tool id, None or why it was refused)."""
    require_admin(actor)
    outcomes: list[tuple[int, HelixError | None]] = []
    for one in wanted:
        try:
            accept(actor, one.tool_id, definition=one.definition, **one.facts)
        except HelixError as error:
            outcomes.append((one.tool_id, error))
        else:
            outcomes.append((one.tool_id, None))
    return outcomes


def switch_off(actor: Actor, tool_id: int) -> Found:
    """Take a tool of a server away from all agents: its default becomes off, and what was granted of it ends.

    Granting it to an agent switches it on for that agent again. For admins.
    """
    require_admin(actor)
    with transaction() as after_commit:
        tool = required(lock(Tool, tool_id), "tool")
        source = db.session.get_one(ToolSource, tool.source_id)
        if source.kind == ToolSourceKind.BUILTIN:
            raise Conflict("Built-in tools are switched off for single agents, on the tab Tools of each.")
        granted = select(AgentTool).where(AgentTool.tool_id == tool_id).with_for_update()
        ended = [row for row in db.session.scalars(granted) if row.policy != ToolPolicy.OFF]
        if tool.default_policy == ToolPolicy.OFF and not ended:
            return tool, source
        tool.default_policy = ToolPolicy.OFF
        for row in ended:
            after_commit(live.publish, "agent", row.agent_id)
            db.session.delete(row)
        activity.record(
            actor,
            "tool.switched_off",
            "tool",
            tool.id,
            offered_name(tool, source),
            admin_only=True,
            grants_ended=len(ended),
        )
        after_commit(live.publish, "tool_source", source.id)
    return tool, source


def of_source(source_id: int) -> list[Tool]:
    """The tools of a source: those to decide on first, those that are gone last."""
    order = case(
        (Tool.status == ToolStatus.CHANGED, 0),
        (Tool.status == ToolStatus.NEW, 1),
        (Tool.status == ToolStatus.GONE, 3),
        else_=2,
    )
    return list(db.session.scalars(select(Tool).where(Tool.source_id == source_id).order_by(order, Tool.name)))


def grants_of(tool_ids: Sequence[int]) -> dict[int, list[AgentGrant]]:
    """What was granted of these tools to single agents. Agents that are not named have the tool's default."""
    query = (
        select(AgentTool.tool_id, Agent.id, Agent.name, AgentTool.policy)
        .join(Agent, Agent.id == AgentTool.agent_id)
        .where(AgentTool.tool_id.in_(tool_ids))
        .order_by(Agent.name, Agent.id)
    )
    found: dict[int, list[AgentGrant]] = {}
    for tool_id, agent_id, name, policy in db.session.execute(query):
        found.setdefault(tool_id, []).append(AgentGrant(agent_id, name, policy))
    return found


def offered_hash(tool: Tool) -> str:
    """The hash of what the server says now, which differs from `definition_hash` while a change is not accepted."""
    said = {"description": tool.description, "input_schema": tool.input_schema} | (tool.pending_definition or {})
    return definition_hash(tool.name, said["description"], said["input_schema"])


def serialize_many(found: Sequence[Found]) -> list[dict[str, Any]]:
    grants = grants_of([tool.id for tool, _source in found])
    return [serialize(tool, source, grants.get(tool.id, [])) for tool, source in found]


def serialize(tool: Tool, source: ToolSource, agents: Sequence[AgentGrant]) -> dict[str, Any]:
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
        "agents": [asdict(agent) for agent in agents],
    }
