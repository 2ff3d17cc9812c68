"""Which tools an agent may call: what an admin has granted, else the default policy of the tool."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from helix import clock, live
from helix.clock import iso
from helix.db.transaction import transaction
from helix.errors import Invalid
from helix.extensions import db
from helix.llm import ToolDefinition
from helix.models import AgentTool, Organization, Task, Tool, ToolSource, User
from helix.models.types import Id
from helix.models.vocabulary import ToolEffect, ToolPolicy, ToolSourceKind, ToolStatus
from helix.policies import tools as tool_policy
from helix.policies.actor import Actor
from helix.services import activity, agents, web_search
from helix.services.agents.write import get_for_update, require_admin
from helix.services.tools import of_task
from helix.services.tools.definitions import TASK_TOOLS, WEB_SEARCH

# What all providers accept in the names of tools.
LONGEST_NAME = 64
_UNFIT = re.compile(r"[^a-zA-Z0-9_-]")
LIMITS = ("per_run", "per_day", "hosts")

# Constants: building these statements costs more than executing them.
_PERSON = aliased(User)
_OF_AGENT = (
    select(Tool, ToolSource, AgentTool, _PERSON.name, Organization.web_search_provider)
    .join(ToolSource, ToolSource.id == Tool.source_id)
    .outerjoin(AgentTool, (AgentTool.tool_id == Tool.id) & (AgentTool.agent_id == bindparam("agent", type_=Id)))
    .outerjoin(_PERSON, _PERSON.id == AgentTool.always_by_user_id)
    .outerjoin(Organization, Organization.id == 1)
)
_ALL_OF_AGENT = _OF_AGENT.where(Tool.status != ToolStatus.GONE).order_by(
    ToolSource.kind != ToolSourceKind.BUILTIN, ToolSource.slug, Tool.id
)
_ONE_OF_AGENT = _OF_AGENT.where(Tool.id == bindparam("tool", type_=Id)).execution_options(populate_existing=True)


@dataclass(frozen=True)
class GrantedTool:
    """A tool and what an agent may do with it. `policy` is in force: the grant's, else the tool's default.

    `is_set_up`: nothing is missing that an admin has to enter first. `always_offered`: also when there are so many
    tools that the model has to find the others.
    """

    tool: Tool
    source: ToolSource
    policy: ToolPolicy
    limits: dict[str, Any]
    always: bool = False
    is_default: bool = True
    always_by: str | None = None
    always_at: datetime | None = None
    always_offered: bool = False
    is_set_up: bool = True
    # Of a tool that the task has of its own: the schema of its arguments for this task.
    task_schema: dict[str, Any] | None = None

    @property
    def input_schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        return self.tool.input_schema if self.task_schema is None else self.task_schema

    @property
    def name(self) -> str:
        """The name that models and grants use."""
        return offered_name(self.tool, self.source)

    @property
    def is_builtin(self) -> bool:
        return self.source.kind == ToolSourceKind.BUILTIN

    @property
    def grant(self) -> tool_policy.Grant:
        """For `policies.tools.decide`."""
        return tool_policy.Grant(
            policy=self.policy,
            always=self.always,
            per_run=self.limits.get("per_run"),
            per_day=self.limits.get("per_day"),
            hosts=frozenset(self.limits.get("hosts") or ()),
        )

    @property
    def facts(self) -> tool_policy.Tool:
        """For `policies.tools.decide`. What a server hints at counts for nothing until an admin has confirmed it."""
        is_new = self.tool.status == ToolStatus.NEW
        return tool_policy.Tool(
            name=self.name,
            effect=self.tool.effect,
            status=self.tool.status,
            source_enabled=self.source.enabled,
            reads_private=is_new or self.tool.reads_private,
            brings_untrusted=is_new or self.tool.brings_untrusted,
            sends_out=is_new or self.tool.sends_out,
            asks_person=self.is_builtin and self.tool.name == "ask_person",
        )

    @property
    def is_usable(self) -> bool:
        """Whether a call could be executed at all, after a person has allowed it."""
        if self.policy == ToolPolicy.OFF or not self.source.enabled or not self.is_set_up:
            return False
        new_reading = self.tool.status == ToolStatus.NEW and self.tool.effect == ToolEffect.READ
        return self.tool.status == ToolStatus.ACCEPTED or new_reading


@dataclass(frozen=True)
class Grant:
    """What an admin sets for one tool, named as models see it. `policy` None: back to the default of the tool.

    `always` False ends a standing permission. None leaves `limits`, `always` and `always_offered` as they are.
    """

    tool: str
    policy: ToolPolicy | None = None
    limits: dict[str, Any] | None = None
    always: bool | None = None
    always_offered: bool | None = None
    sets_policy: bool = True


def offered_name(tool: Tool, source: ToolSource) -> str:
    """Those of other sources begin with the slug, so that none takes the name of a built-in tool.

    A name that providers do not accept is replaced by a similar one, with some digits that tell it from others.
    """
    if source.kind == ToolSourceKind.BUILTIN:
        return tool.name
    name = f"{source.slug}__{tool.name}"
    fitting = _UNFIT.sub("_", name)
    if fitting == name and len(name) <= LONGEST_NAME:
        return name
    digits = hashlib.sha256(tool.name.encode()).hexdigest()[:8]
    return f"{fitting[: LONGEST_NAME - len(digits) - 1]}_{digits}"


def definition(granted: GrantedTool) -> ToolDefinition:
    """What a model is told about the tool."""
    return ToolDefinition(granted.name, granted.tool.description, granted.input_schema)


def of_agent(agent_id: int, task: Task | None = None) -> list[GrantedTool]:
    """Every tool, with what the agent may do with it: the built-in ones first, then by source and name.

    Those that tasks have of their own only for a `task` that has them.
    """
    found = (_granted(*row) for row in db.session.execute(_ALL_OF_AGENT, {"agent": agent_id}).all())
    return [tool for one in found if (tool := _for_task(one, task)) is not None]


def of_call(agent_id: int, tool_id: int | None, task: Task) -> GrantedTool | None:
    """The tool of a call as it is now, with what the agent may do with it. None if it does not exist (any more)."""
    if tool_id is None:
        return None
    row = db.session.execute(_ONE_OF_AGENT, {"agent": agent_id, "tool": tool_id}).one_or_none()
    return None if row is None else _for_task(_granted(*row), task)


def granted(agent_id: int, task: Task | None = None) -> list[GrantedTool]:
    """The tools to offer to the agent's model: those that it could call, perhaps after a person allowed the call."""
    return [found for found in of_agent(agent_id, task) if found.is_usable]


def _for_task(found: GrantedTool, task: Task | None) -> GrantedTool | None:
    """A tool that tasks have of their own with its schema for this task, or None. Other tools are what they are."""
    if not found.is_builtin or found.tool.name not in TASK_TOOLS:
        return found
    schema = of_task.parameters_of(found.tool.name, task) if task is not None else None
    if schema is None:
        return None
    # No matter of grants: without it the task cannot be done.
    return replace(found, policy=ToolPolicy.ALLOW, limits={}, always_offered=True, task_schema=schema)


def _granted(
    tool: Tool, source: ToolSource, row: AgentTool | None, always_by: str | None, search_engine: str | None
) -> GrantedTool:
    searches = source.kind == ToolSourceKind.BUILTIN and tool.name == WEB_SEARCH
    is_set_up = not searches or search_engine in web_search.PROVIDERS
    if row is None:
        return GrantedTool(tool, source, tool.default_policy, {}, is_set_up=is_set_up)
    return GrantedTool(
        tool,
        source,
        row.policy,
        row.limits,
        always=row.always_at is not None,
        is_default=False,
        always_by=always_by,
        always_at=row.always_at,
        always_offered=row.always_offered,
        is_set_up=is_set_up,
    )


def set_grants(actor: Actor, agent_id: int, wanted: Iterable[Grant]) -> None:
    """Change what is granted for the tools that are named; the others stay as they are. For admins.

    Switching a tool off ends the standing permission for it. Raises Invalid for a tool that does not exist.
    """
    require_admin(actor)
    with transaction() as after_commit:
        agent = get_for_update(agent_id)
        tools = {found.name: found.tool for found in of_agent(agent_id)}
        for place, grant in enumerate(wanted):
            tool = tools.get(grant.tool)
            if tool is None:
                loc = ["grants", place, "tool"]
                raise Invalid([{"loc": loc, "msg": f"There is no tool {grant.tool}.", "type": "value_error"}])
            row = db.session.get(AgentTool, (agent_id, tool.id), populate_existing=True)
            details = _set(actor, agent_id, tool, row, grant)
            if details:
                activity.record_agent(actor, "tool.granted", agent, tool=grant.tool, **details)
        after_commit(live.publish, "agent", agent_id)


def _set(actor: Actor, agent_id: int, tool: Tool, row: AgentTool | None, grant: Grant) -> dict[str, Any]:
    """Write one grant. Returns what has changed, for the activity; empty if nothing."""
    if grant.sets_policy and grant.policy is None:
        if row is None:
            return {}
        db.session.delete(row)
        return {"policy": None}
    before = (row.policy, row.limits, row.always_at, row.always_offered) if row else (None, {}, None, False)
    if row is None:
        row = AgentTool(agent_id=agent_id, tool_id=tool.id, policy=tool.default_policy, limits={}, always_offered=False)
    if grant.policy is not None:
        row.policy = grant.policy
    if grant.limits is not None:
        row.limits = {name: grant.limits[name] for name in LIMITS if grant.limits.get(name)}
    if grant.always is False or row.policy == ToolPolicy.OFF:
        row.always_by_user_id = row.always_at = None
    if grant.always_offered is not None:
        row.always_offered = grant.always_offered
    if (row.policy, row.limits, row.always_at, row.always_offered) == before:
        return {}
    row.granted_by_user_id, row.granted_at = actor.user_id, clock.now()
    db.session.add(row)
    changed: dict[str, Any] = {"policy": row.policy, "limits": row.limits}
    if row.always_offered != before[3]:
        changed["always_offered"] = row.always_offered
    return changed | ({"always": False} if before[2] is not None and row.always_at is None else {})


def serialize_granted(found: GrantedTool) -> dict[str, Any]:
    """The API representation of a tool of an agent."""
    return {
        "tool": found.name,
        "title": found.tool.title,
        "description": found.tool.description,
        "source": found.source.slug,
        "effect": found.tool.effect,
        "status": found.tool.status,
        "token_count": found.tool.token_count,
        "policy": found.policy,
        "is_default": found.is_default,
        "usable": found.is_usable,
        "limits": {name: found.limits.get(name) for name in LIMITS},
        "always": found.always,
        "always_by": found.always_by,
        "always_at": iso(found.always_at),
        "always_offered": found.always_offered,
    }


@dataclass(frozen=True)
class Reach:
    """What an agent can reach with its tools, and what its definitions cost in every call of a model."""

    reads_private: bool
    brings_untrusted: bool
    sends_out: bool
    tokens: int

    @property
    def asks_before_sending(self) -> bool:
        """All three at once: text of a stranger could make it send private data, so a person is always asked."""
        return self.reads_private and self.brings_untrusted and self.sends_out


def reach(tools: Iterable[GrantedTool]) -> Reach:
    """The reach of the usable ones among these tools."""
    usable = [found.tool for found in tools if found.is_usable]
    return Reach(
        reads_private=any(tool.reads_private for tool in usable),
        brings_untrusted=any(tool.brings_untrusted for tool in usable),
        sends_out=any(tool.sends_out for tool in usable),
        tokens=sum(tool.token_count for tool in usable),
    )


def serialize_reach(found: Reach) -> dict[str, Any]:
    return asdict(found) | {"asks_before_sending": found.asks_before_sending}


def shown_for(agent_id: int) -> list[GrantedTool]:
    """As `of_agent`, for an agent that must exist. Raises NotFound."""
    agents.get(agent_id)
    return of_agent(agent_id)
