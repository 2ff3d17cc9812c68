"""Agents that act: tools, their calls, and what people are asked while a run waits

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
LIVE = "status IN ('queued', 'running', 'waiting')"
LIVE_BEFORE = "status IN ('queued', 'running')"


def upgrade() -> None:
    _index_live_runs(LIVE)
    op.create_table(
        "tool_sources",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("slug", sa.String(40), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("url", sa.String(1000), nullable=True),
        sa.Column("auth", sa.String(8), nullable=False),
        sa.Column("header_name", sa.String(80), nullable=False),
        sa.Column("secret_encrypted", sa.String(4000), nullable=True),
        sa.Column("secret_hint", sa.String(8), nullable=True),
        sa.Column("oauth_encrypted", sa.Text(), nullable=True),
        sa.Column("oauth_expires_at", MOMENT, nullable=True),
        sa.Column("allow_private", sa.Boolean(), nullable=False),
        sa.Column("timeout_seconds", sa.Integer(), nullable=False),
        sa.Column("max_result_bytes", sa.Integer(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("refreshed_at", MOMENT, nullable=True),
        sa.Column("refresh_error", sa.String(500), nullable=True),
        sa.Column("created_by_user_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["created_by_user_id"], ["users.id"], name=op.f("fk_tool_sources_created_by_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_sources")),
        sa.UniqueConstraint("slug", name=op.f("uq_tool_sources_slug")),
    )
    op.create_table(
        "tools",
        sa.Column("id", ID, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("input_schema", sa.JSON(), nullable=False),
        sa.Column("annotations", sa.JSON(), nullable=False),
        sa.Column("definition_hash", sa.String(64), nullable=False),
        sa.Column("token_count", sa.Integer(), nullable=False),
        sa.Column("effect", sa.String(12), nullable=False),
        sa.Column("repeatable", sa.Boolean(), nullable=False),
        sa.Column("reads_private", sa.Boolean(), nullable=False),
        sa.Column("brings_untrusted", sa.Boolean(), nullable=False),
        sa.Column("sends_out", sa.Boolean(), nullable=False),
        sa.Column("default_policy", sa.String(5), nullable=False),
        sa.Column("status", sa.String(8), nullable=False),
        sa.Column("pending_definition", sa.JSON(), nullable=True),
        sa.Column("accepted_by_user_id", ID, nullable=True),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["accepted_by_user_id"], ["users.id"], name=op.f("fk_tools_accepted_by_user_id")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["tool_sources.id"], name=op.f("fk_tools_source_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tools")),
    )
    op.create_index("uq_tools_source_name", "tools", ["source_id", "name"], unique=True)
    op.create_table(
        "agent_tools",
        sa.Column("agent_id", ID, nullable=False),
        sa.Column("tool_id", ID, nullable=False),
        sa.Column("policy", sa.String(5), nullable=False),
        sa.Column("limits", sa.JSON(), nullable=False),
        sa.Column("granted_by_user_id", ID, nullable=True),
        sa.Column("granted_at", MOMENT, nullable=False),
        sa.Column("always_by_user_id", ID, nullable=True),
        sa.Column("always_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_agent_tools_agent_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["always_by_user_id"], ["users.id"], name=op.f("fk_agent_tools_always_by_user_id")),
        sa.ForeignKeyConstraint(["granted_by_user_id"], ["users.id"], name=op.f("fk_agent_tools_granted_by_user_id")),
        sa.ForeignKeyConstraint(["tool_id"], ["tools.id"], name=op.f("fk_agent_tools_tool_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("agent_id", "tool_id", name=op.f("pk_agent_tools")),
    )
    op.create_table(
        "run_messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("model", sa.String(250), nullable=True),
        sa.Column("token_count", sa.Integer(), nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_messages_run_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_messages")),
    )
    op.create_index(op.f("ix_run_messages_run_id"), "run_messages", ["run_id"])
    op.create_index("uq_run_messages_number", "run_messages", ["conversation_id", "number"], unique=True)
    op.create_table(
        "tool_calls",
        sa.Column("id", ID, nullable=False),
        sa.Column("conversation_id", ID, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("message_number", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("provider_call_id", sa.Text(), nullable=False),
        sa.Column("tool_id", ID, nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=True),
        sa.Column("edited_arguments", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("decided_because", sa.String(300), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("is_error", sa.Boolean(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.Column("cost_usd", sa.BigInteger(), nullable=True),
        sa.Column("late_result", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_tool_calls_run_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tool_id"], ["tools.id"], name=op.f("fk_tool_calls_tool_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_calls")),
    )
    op.create_index("ix_tool_calls_run", "tool_calls", ["run_id", "id"])
    op.create_index(
        "uq_tool_calls_ordinal", "tool_calls", ["conversation_id", "message_number", "ordinal"], unique=True
    )
    op.create_table(
        "human_requests",
        sa.Column("id", ID, nullable=False),
        sa.Column("task_id", ID, nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("tool_call_id", ID, nullable=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("title", sa.String(300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("schema", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("decision", sa.String(8), nullable=True),
        sa.Column("answer", sa.JSON(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("scope", sa.String(6), nullable=True),
        sa.Column("answered_by_user_id", ID, nullable=True),
        sa.Column("answered_via", sa.String(8), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("reminded", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("on_expiry", sa.String(8), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by_user_id"], ["users.id"], name=op.f("fk_human_requests_answered_by_user_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_human_requests_run_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name=op.f("fk_human_requests_task_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["tool_call_id"], ["tool_calls.id"], name=op.f("fk_human_requests_tool_call_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_human_requests")),
    )
    op.create_index(
        "ix_human_requests_expiring",
        "human_requests",
        ["expires_at"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_human_requests_open",
        "human_requests",
        ["task_id"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_human_requests_run", "human_requests", ["run_id"])
    op.create_index(
        "uq_human_requests_call",
        "human_requests",
        ["tool_call_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open' AND tool_call_id IS NOT NULL"),
        postgresql_where=sa.text("state = 'open' AND tool_call_id IS NOT NULL"),
    )
    op.add_column("ai_models", sa.Column("supports_tools", sa.Boolean(), nullable=True))
    op.add_column(
        "organization", sa.Column("max_run_usd", sa.BigInteger(), server_default="1000000000", nullable=False)
    )
    op.add_column("runs", sa.Column("conversation_id", ID, nullable=True))
    op.add_column("runs", sa.Column("turn_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("runs", sa.Column("tool_call_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("runs", sa.Column("active_seconds", sa.Double(), server_default="0", nullable=False))
    op.add_column("runs", sa.Column("resumed_at", MOMENT, nullable=True))
    op.add_column("runs", sa.Column("reads_private", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("runs", sa.Column("has_untrusted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_runs_conversation",
        "runs",
        ["conversation_id"],
        sqlite_where=sa.text("conversation_id IS NOT NULL"),
        postgresql_where=sa.text("conversation_id IS NOT NULL"),
    )
    op.add_column("task_attachments", sa.Column("made_by_run_id", ID, nullable=True))
    op.add_column("task_attachments", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("task_attachments", sa.Column("replaces_id", ID, nullable=True))
    # People reply to questions of agents, too.
    op.drop_index("ix_deliveries_questions", "deliveries")
    _index_messages("ix_deliveries_messages", "message_ref IS NOT NULL")


def downgrade() -> None:
    op.drop_index("ix_deliveries_messages", "deliveries")
    _index_messages("ix_deliveries_questions", "channel = 'telegram_ask'")
    op.execute("UPDATE runs SET status = 'cancelled', finished_at = queued_at WHERE status = 'waiting'")
    for name in ("replaces_id", "version", "made_by_run_id"):
        op.drop_column("task_attachments", name)
    op.drop_index("ix_runs_conversation", "runs")
    for name in (
        "has_untrusted",
        "reads_private",
        "resumed_at",
        "active_seconds",
        "tool_call_count",
        "turn_count",
        "conversation_id",
    ):
        op.drop_column("runs", name)
    op.drop_column("organization", "max_run_usd")
    op.drop_column("ai_models", "supports_tools")
    for table in ("human_requests", "tool_calls", "run_messages", "agent_tools", "tools", "tool_sources"):
        op.drop_table(table)
    _index_live_runs(LIVE_BEFORE)


def _index_messages(name: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "deliveries", ["user_id", "message_ref"], sqlite_where=where, postgresql_where=where)


def _index_live_runs(live: str) -> None:
    """Replace the partial indexes of live runs by ones with this condition."""
    for name, columns, condition, unique in (
        ("uq_runs_live_work", ["task_id"], f"{live} AND trigger <> 'mention'", True),
        ("uq_runs_live_mention", ["task_id", "agent_id", "comment_id"], f"{live} AND trigger = 'mention'", True),
        ("ix_runs_live", ["status", "queued_at"], live, False),
        ("ix_runs_live_agent", ["agent_id", "status"], live, False),
    ):
        op.drop_index(name, "runs")
        where = sa.text(condition)
        op.create_index(name, "runs", columns, unique=unique, sqlite_where=where, postgresql_where=where)
