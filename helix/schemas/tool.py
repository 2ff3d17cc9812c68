from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, RootModel

from helix.models.vocabulary import ToolEffect, ToolPolicy, ToolSourceKind, ToolStatus
from helix.schemas.common import IdNumber, In, Line, NotBlank, Out, Patch, Problem, Query, Text, matching

FACTS = frozenset({"effect", "repeatable", "reads_private", "brings_untrusted", "sends_out", "default_policy"})

Slug = Annotated[
    Line,
    *matching(r"[a-z][a-z0-9-]{0,19}", "Use 1 to 20 small letters, digits and hyphens, with a letter in front."),
]
Title = Annotated[Line, Field(min_length=1, max_length=120), NotBlank]
Url = Annotated[Line, Field(min_length=1, max_length=1000)]
Secret = Annotated[Text, Field(max_length=2000)]
HeaderName = Annotated[Line, Field(min_length=1, max_length=80)]
Seconds = Annotated[int, Field(ge=1, le=600)]
Bytes = Annotated[int, Field(ge=1024, le=1_000_000)]
Auth = Literal["none", "header", "oauth"]
ClientText = Annotated[Line, Field(max_length=1000)]
Hash = Annotated[Text, Field(min_length=64, max_length=64)]
ToolName = Annotated[Line, Field(min_length=1, max_length=200)]
Host = Annotated[
    Line,
    *matching(r"[A-Za-z0-9.-]{1,253}", "Write a host name such as example.com, without https:// and path."),
    AfterValidator(str.lower),
]


class ToolPath(Query):
    tool_id: int


class SourcePath(Query):
    source_id: int


class ToolOut(Out):
    id: int
    name: str
    """As models and grants name it: `source__tool`, or the plain name of a built-in tool."""
    source: str
    title: str
    description: str
    input_schema: dict[str, Any]
    annotations: dict[str, Any]
    """Hints of the server. They decide nothing."""
    definition: str
    """A hash of what the source says now; send it to accept exactly that."""
    token_count: int
    """About how many tokens the definition takes in each call of a model."""
    effect: ToolEffect
    repeatable: bool
    reads_private: bool
    brings_untrusted: bool
    sends_out: bool
    default_policy: ToolPolicy
    status: ToolStatus
    pending_definition: dict[str, Any] | None
    """What has changed since it was accepted."""
    accepted_at: str | None
    agents: list["ToolAgent"]
    """What was granted to single agents. All others have `default_policy`."""


class ToolAgent(Out):
    agent_id: int
    name: str
    policy: ToolPolicy


class ToolList(RootModel[list[ToolOut]]):
    pass


class AcceptIn(In):
    definition: Hash
    """The `definition` of the tool that you have read."""
    effect: ToolEffect | None = None
    repeatable: bool | None = None
    """Calling it twice has the same effect as calling it once."""
    reads_private: bool | None = None
    brings_untrusted: bool | None = None
    sends_out: bool | None = None
    default_policy: ToolPolicy | None = None

    def facts(self) -> dict[str, Any]:
        """Those that are confirmed or corrected by this request."""
        return {name: value for name, value in self.sent().items() if name in FACTS and value is not None}


class NumberedAcceptance(AcceptIn):
    id: IdNumber
    """Of the tool."""


class AcceptancesIn(In):
    tools: Annotated[list[NumberedAcceptance], Field(min_length=1, max_length=100)]


class AcceptanceOut(Out):
    id: int
    status: int
    """The status that accepting it alone would have had."""
    detail: str | list[Problem] | None
    tool: ToolOut | None


class AcceptedList(Out):
    results: list[AcceptanceOut]


class LimitsIn(In):
    per_run: Annotated[int, Field(ge=1, le=1000)] | None = None
    per_day: Annotated[int, Field(ge=1, le=100_000)] | None = None
    hosts: Annotated[list[Host], Field(max_length=50)] | None = None
    """The only hosts that it may send to. Empty or null: all."""


class GrantIn(In):
    tool: ToolName
    policy: ToolPolicy | None = None
    """Null: back to the tool's default. Left out: as it is."""
    limits: LimitsIn | None = None
    """Replaces the limits so far. Left out: as they are."""
    always: Literal[False] | None = None
    """False ends the standing permission. Only the answer to a request gives one."""
    always_offered: bool | None = None
    """Offer it to the model from the start also when there are so many tools that it has to find the others."""


class GrantsIn(In):
    grants: Annotated[list[GrantIn], Field(max_length=500)]
    """The tools to change; the others stay as they are."""


class Limits(Out):
    per_run: int | None
    per_day: int | None
    hosts: list[str] | None


class AgentToolOut(Out):
    tool: str
    title: str
    description: str
    source: str
    effect: ToolEffect
    status: ToolStatus
    token_count: int
    policy: ToolPolicy
    """In force: what was granted, or the tool's default."""
    is_default: bool
    usable: bool
    """Whether the agent's model is offered it."""
    limits: Limits
    always: bool
    """A person has allowed all calls of this agent and tool."""
    always_by: str | None
    always_at: str | None
    always_offered: bool


class AgentReach(Out):
    reads_private: bool
    brings_untrusted: bool
    sends_out: bool
    asks_before_sending: bool
    """All three at once: a person is asked before everything that it sends."""
    tokens: int


class AgentTools(Out):
    tools: list[AgentToolOut]
    reach: AgentReach


class SourceIn(In):
    kind: Annotated[Line, Field(max_length=20)] = ToolSourceKind.MCP_HTTP
    """Only mcp_http: an MCP server with an address."""
    slug: Slug
    """The beginning of its tools' names. It cannot be changed."""
    title: Title
    url: Url
    """http or https. Private addresses only with `allow_private`."""
    auth: Auth = "none"
    header_name: HeaderName = "Authorization"
    secret: Secret | None = None
    """The value of that header, such as `Bearer ...`. Stored encrypted and never returned."""
    allow_private: bool = False
    timeout_seconds: Seconds = 60
    max_result_bytes: Bytes = 65_536
    enabled: bool = True


class SourcePatch(Patch):
    nullable = frozenset({"secret"})

    title: Title | None = None
    url: Url | None = None
    auth: Auth | None = None
    header_name: HeaderName | None = None
    secret: Secret | None = None
    """Empty keeps the stored one, null removes it. A new `url` requires it again."""
    allow_private: bool | None = None
    timeout_seconds: Seconds | None = None
    max_result_bytes: Bytes | None = None
    enabled: bool | None = None


class SourceOut(Out):
    id: int
    kind: ToolSourceKind
    slug: str
    title: str
    url: str | None
    auth: str
    header_name: str
    has_secret: bool
    secret_hint: str | None
    """The secret's last four letters."""
    allow_private: bool
    timeout_seconds: int
    max_result_bytes: int
    enabled: bool
    tool_count: int
    new_count: int
    """Tools that no admin has accepted yet."""
    changed_count: int
    """Tools that are switched off because their definition has changed."""
    oauth_state: Literal["none", "connected", "ended"] | None
    """`ended`: an admin has to connect it again. Null without OAuth."""
    oauth_expires_at: str | None
    """When the present token ends; it is renewed before that."""
    refreshed_at: str | None
    """When the server was last asked for its tools."""
    refresh_error: str | None
    """Why that failed, or which tools cannot be used."""
    created_at: str


class SourceList(RootModel[list[SourceOut]]):
    """The built-in source first."""


class RefreshOut(Out):
    success: bool
    message: str
    new: list[str]
    """Names of tools that were not known before."""
    changed: list[str]
    """Switched off until an admin accepts what is different."""
    back: list[str]
    """Again as they were accepted, or offered again."""
    gone: list[str]
    left_out: list[str]
    """Sentences about tools that cannot be used."""
    source: SourceOut


class ConnectIn(Patch):
    client_id: ClientText = ""
    """Only where HELIX was registered by hand. Else it registers itself."""
    client_secret: ClientText = ""


class ConnectOut(Out):
    address: str
    """Open it in a browser in which you are signed in to HELIX, and allow the connection there."""
