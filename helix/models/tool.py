"""Tools: where they come from, which agent may call them, the calls, and what people are asked about them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from helix.extensions import Model
from helix.models.types import EnumText, Id, Money, UtcDateTime
from helix.models.vocabulary import (
    AnswerScope,
    RequestKind,
    RequestState,
    ToolCallState,
    ToolEffect,
    ToolPolicy,
    ToolSourceKind,
    ToolStatus,
)

OPEN = text("state = 'open'")
OPEN_OF_CALL = text("state = 'open' AND tool_call_id IS NOT NULL")


class ToolSource(Model):
    """An MCP server, or the tools that are built in. Those of kind `mcp_stdio` come only from a file of the host."""

    __tablename__ = "tool_sources"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[ToolSourceKind] = mapped_column(EnumText(ToolSourceKind, 12))
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    url: Mapped[str | None] = mapped_column(String(1000))
    auth: Mapped[str] = mapped_column(String(8), default="none")  # none, header, oauth
    header_name: Mapped[str] = mapped_column(String(80), default="Authorization")
    secret_encrypted: Mapped[str | None] = mapped_column(String(4000))
    secret_hint: Mapped[str | None] = mapped_column(String(8))
    # Tokens, client and endpoints of an OAuth connection, as JSON.
    oauth_encrypted: Mapped[str | None] = mapped_column(Text)
    oauth_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    allow_private: Mapped[bool] = mapped_column(default=False)
    timeout_seconds: Mapped[int] = mapped_column(default=60)
    max_result_bytes: Mapped[int] = mapped_column(default=65_536)
    enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    refreshed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Why the last refresh failed. None: it did not.
    refresh_error: Mapped[str | None] = mapped_column(String(500))
    created_by_user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Tool(Model):
    """One operation of a source, pinned by the hash of the definition that an admin has accepted.

    The facts (`effect` and so on) are what an admin has confirmed; the annotations of a server are only hints for that.
    """

    __tablename__ = "tools"
    __table_args__ = (Index("uq_tools_source_name", "source_id", "name", unique=True),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[int] = mapped_column(Id, ForeignKey("tool_sources.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(128))
    title: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    input_schema: Mapped[dict[str, Any]] = mapped_column(JSON)
    annotations: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    definition_hash: Mapped[str] = mapped_column(String(64))
    token_count: Mapped[int] = mapped_column(default=0)
    effect: Mapped[ToolEffect] = mapped_column(EnumText(ToolEffect, 12))
    # Calling it twice has the same effect as calling it once.
    repeatable: Mapped[bool] = mapped_column(default=False)
    reads_private: Mapped[bool] = mapped_column(default=True)
    brings_untrusted: Mapped[bool] = mapped_column(default=True)
    sends_out: Mapped[bool] = mapped_column(default=True)
    default_policy: Mapped[ToolPolicy] = mapped_column(EnumText(ToolPolicy, 5), default=ToolPolicy.ASK)
    status: Mapped[ToolStatus] = mapped_column(EnumText(ToolStatus, 8), default=ToolStatus.NEW)
    # What the server says now, while that differs from what was accepted.
    pending_definition: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    accepted_by_user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id"))
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AgentTool(Model):
    """The grant of a tool to an agent, where it differs from the tool's default policy.

    `always_*`: a person has allowed all calls of this agent and tool, by an answer with the scope `always`.
    """

    __tablename__ = "agent_tools"

    agent_id: Mapped[int] = mapped_column(Id, ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True)
    tool_id: Mapped[int] = mapped_column(Id, ForeignKey("tools.id", ondelete="CASCADE"), primary_key=True)
    policy: Mapped[ToolPolicy] = mapped_column(EnumText(ToolPolicy, 5))
    # per_run and per_day: numbers of calls; hosts: the only ones it may send to.
    limits: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    granted_by_user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id"))
    granted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    always_by_user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id"))
    always_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Offered to the model from the start also when there are so many tools that it has to find the others.
    always_offered: Mapped[bool] = mapped_column(default=False, server_default=false())


class RunMessage(Model):
    """A message of a conversation: a chain of attempts at a task. `body` goes to the provider verbatim."""

    __tablename__ = "run_messages"
    __table_args__ = (Index("uq_run_messages_number", "conversation_id", "number", unique=True),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(Id)
    number: Mapped[int]
    role: Mapped[str] = mapped_column(String(10))
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    # Of an assistant's message: the model that wrote it. Only that one gets `body` back verbatim.
    model: Mapped[str | None] = mapped_column(String(250))
    token_count: Mapped[int] = mapped_column(default=0)
    run_id: Mapped[int] = mapped_column(Id, ForeignKey("runs.id", ondelete="CASCADE"), index=True)


class ToolCall(Model):
    """A call that a model has asked for. Its state is written before and after the effect, under the run's fence."""

    __tablename__ = "tool_calls"
    __table_args__ = (
        Index("uq_tool_calls_ordinal", "conversation_id", "message_number", "ordinal", unique=True),
        Index("ix_tool_calls_run", "run_id", "id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(Id)
    run_id: Mapped[int] = mapped_column(Id, ForeignKey("runs.id", ondelete="CASCADE"))
    # The assistant message that asked for it, and its place among the calls of that message.
    message_number: Mapped[int]
    ordinal: Mapped[int]
    # Verbatim: litellm keeps Gemini's thought signature in it.
    provider_call_id: Mapped[str] = mapped_column(Text)
    # None for a tool that does not exist (any more).
    tool_id: Mapped[int | None] = mapped_column(Id, ForeignKey("tools.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(200))
    # As the model sent them; None if that was no JSON object. `edited_arguments` by the person who allowed the call.
    arguments: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    edited_arguments: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    # Of the definition that was in force when the call was decided on.
    definition_hash: Mapped[str | None] = mapped_column(String(64))
    # While a server asks in the middle of the call: what it wants back, and the answers that it got so far.
    server_state: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    state: Mapped[ToolCallState] = mapped_column(EnumText(ToolCallState, 10), default=ToolCallState.PLANNED)
    decided_because: Mapped[str] = mapped_column(String(300), default="")
    fence: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[str | None] = mapped_column(Text)
    is_error: Mapped[bool] = mapped_column(default=False)
    milliseconds: Mapped[int | None]
    cost_usd: Mapped[Decimal | None] = mapped_column(Money)
    # What came back after another process had taken over.
    late_result: Mapped[str | None] = mapped_column(Text)


class HumanRequest(Model):
    """A question or an approval that a person must answer before a run goes on."""

    __tablename__ = "human_requests"
    __table_args__ = (
        Index(
            "uq_human_requests_call",
            "tool_call_id",
            unique=True,
            sqlite_where=OPEN_OF_CALL,
            postgresql_where=OPEN_OF_CALL,
        ),
        Index("ix_human_requests_open", "task_id", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_human_requests_expiring", "expires_at", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_human_requests_run", "run_id"),
        # Of all states, for a run's calls and for what is deleted with a call or a task.
        Index("ix_human_requests_of_call", "tool_call_id"),
        Index("ix_human_requests_of_task", "task_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    task_id: Mapped[int] = mapped_column(Id, ForeignKey("tasks.id", ondelete="CASCADE"))
    run_id: Mapped[int] = mapped_column(Id, ForeignKey("runs.id", ondelete="CASCADE"))
    tool_call_id: Mapped[int | None] = mapped_column(Id, ForeignKey("tool_calls.id", ondelete="CASCADE"))
    kind: Mapped[RequestKind] = mapped_column(EnumText(RequestKind, 10))
    # A question of the server of the call's tool, in the middle of the call: the answer goes to the server.
    asked_by_server: Mapped[bool] = mapped_column(default=False, server_default=false())
    title: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text, default="")
    # JSON schema of `answer`, and the choices that are offered for a question.
    schema: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    options: Mapped[list[str]] = mapped_column(JSON, default=list)
    # Which scopes an approval may have beyond once.
    scopes: Mapped[list[str]] = mapped_column(JSON, default=list)
    state: Mapped[RequestState] = mapped_column(EnumText(RequestState, 10), default=RequestState.OPEN)
    decision: Mapped[str | None] = mapped_column(String(8))  # allow, deny, answer
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    note: Mapped[str] = mapped_column(Text, default="")
    scope: Mapped[AnswerScope | None] = mapped_column(EnumText(AnswerScope, 6))
    answered_by_user_id: Mapped[int | None] = mapped_column(Id, ForeignKey("users.id"))
    answered_via: Mapped[str | None] = mapped_column(String(8))  # page, api, telegram
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reminded: Mapped[bool] = mapped_column(default=False, server_default=false())
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # What happens without an answer: deny, default (the answer in `answer`), fail.
    on_expiry: Mapped[str] = mapped_column(String(8), default="deny")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
