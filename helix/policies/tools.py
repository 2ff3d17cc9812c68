"""Whether an agent may call a tool: the one place that decides it, as a pure function of facts."""

from dataclasses import dataclass, field

from helix.models.vocabulary import ToolEffect, ToolPolicy, ToolStatus


@dataclass(frozen=True)
class Tool:
    """The facts about a tool. Those of an MCP server are what an admin has accepted, never what the server says now."""

    name: str
    effect: ToolEffect
    status: ToolStatus = ToolStatus.ACCEPTED
    source_enabled: bool = True
    reads_private: bool = False
    brings_untrusted: bool = False
    sends_out: bool = False
    # It only asks a person, so that no permission is needed.
    asks_person: bool = False


@dataclass(frozen=True)
class Grant:
    """What the agent was granted for the tool. `always`: a person has allowed all calls of this agent and tool.

    The limits count calls; None is unlimited. An empty `hosts` allows every host.
    """

    policy: ToolPolicy
    always: bool = False
    per_run: int | None = None
    per_day: int | None = None
    hosts: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Call:
    """The facts about one call.

    `problem` says in words why the arguments do not fit the schema, None if they do. `host` is where the call sends to,
    if that is one of its arguments; `host_is_known` that the address occurs in the task or an earlier result.
    `allowed_for_run`: a person has allowed this tool for the rest of the run. `allowed_by_person`: a person has allowed
    this very call, of the definition that is in force now.
    """

    problem: str | None = None
    host: str | None = None
    host_is_known: bool = True
    calls_in_run: int = 0
    calls_today: int = 0
    allowed_for_run: bool = False
    allowed_by_person: bool = False


@dataclass(frozen=True)
class Run:
    """The facts about the run. Without further knowledge a run has read something private."""

    has_untrusted: bool
    reads_private: bool = True
    is_mention: bool = False


@dataclass(frozen=True)
class Allow:
    """The call is executed. `because` is kept in the trace."""

    because: str


@dataclass(frozen=True)
class Ask:
    """A person decides on the call. `offers_run` and `offers_always`: which scopes the answer may have beyond once."""

    because: str
    offers_run: bool = True
    offers_always: bool = True


@dataclass(frozen=True)
class Deny:
    """The call is not executed; the model gets `because` as an error result."""

    because: str


Decision = Allow | Ask | Deny


def decide(grant: Grant, tool: Tool, call: Call, run: Run) -> Decision:
    """Decide on one call. A refusal comes first, then what always needs a person, then the grant."""
    refusal = _refusal(grant, tool, call, run)
    if refusal is not None:
        return Deny(refusal)
    if tool.asks_person:
        return Allow("It asks a person.")
    if call.allowed_by_person:
        return Allow("A person has allowed this call.")
    if exposes(tool, run):
        return Ask(
            "The run has read private data and text from strangers, and this sends something out.",
            offers_run=False,
            offers_always=False,
        )
    if tool.status == ToolStatus.NEW:
        return Ask("No admin has accepted this tool yet.", offers_always=False)
    if not call.host_is_known:
        return Ask(
            "The address occurs neither in the task nor in an earlier result.", offers_run=False, offers_always=False
        )
    if grant.policy == ToolPolicy.ALLOW:
        return Allow("The agent may call this tool.")
    if grant.always:
        return Allow("A person has allowed all calls of this agent and tool.")
    if call.allowed_for_run:
        return Allow("A person has allowed this tool for this run.")
    return Ask("The agent has to ask before it calls this tool.")


def exposes(tool: Tool, run: Run) -> bool:
    """Whether the call could carry private data to a stranger: the text of a stranger may have asked for it."""
    return run.reads_private and run.has_untrusted and tool.sends_out


def default_policy(effect: ToolEffect, *, builtin: bool) -> ToolPolicy:
    """The policy of a tool that an admin has not decided on: only reading is allowed, and of servers nothing."""
    return ToolPolicy.ALLOW if builtin and effect == ToolEffect.READ else ToolPolicy.ASK


def _refusal(grant: Grant, tool: Tool, call: Call, run: Run) -> str | None:
    """Why the call is out of the question, in words for the model."""
    if grant.policy == ToolPolicy.OFF:
        return f"This agent may not use {tool.name}."
    if not tool.source_enabled:
        return f"The source of {tool.name} is switched off."
    if tool.status == ToolStatus.GONE:
        return f"{tool.name} does not exist any more."
    if tool.status == ToolStatus.CHANGED:
        return f"The definition of {tool.name} has changed, and an admin has to accept it first."
    if tool.status == ToolStatus.NEW and tool.effect != ToolEffect.READ:
        return f"{tool.name} is new, and an admin has to accept it first."
    if call.problem is not None:
        return f"The arguments of {tool.name} are not valid: {call.problem}"
    if run.is_mention and not tool.asks_person and tool.effect != ToolEffect.READ:
        return f"While answering a comment only reading tools and questions are allowed, not {tool.name}."
    return _limit(grant, tool, call)


def _limit(grant: Grant, tool: Tool, call: Call) -> str | None:
    if grant.per_run is not None and call.calls_in_run >= grant.per_run:
        return f"{tool.name} may be called {grant.per_run} times in a run, and that is used up."
    if grant.per_day is not None and call.calls_today >= grant.per_day:
        return f"{tool.name} may be called {grant.per_day} times a day, and that is used up."
    if grant.hosts and call.host is not None and call.host.lower() not in grant.hosts:
        return f"{tool.name} may not send to {call.host}."
    return None
