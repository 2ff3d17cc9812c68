"""Work that flows: links between tasks, schedules and their firings, workflows, delegated tasks

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
MONEY = sa.BigInteger()
EXTERNAL = sa.text("external_key IS NOT NULL")
BLOCKED = sa.text("blocked_count > 0")
READY = sa.text("run_when_ready")
IN_TREE = sa.text("root_task_id IS NOT NULL")
OF_RUN = sa.text("workflow_run_id IS NOT NULL")
OF_SCHEDULE = sa.text("schedule_id IS NOT NULL")
UNMET = sa.text("NOT met")

TASK_COLUMNS = (
    sa.Column("blocked_count", sa.Integer(), server_default="0", nullable=False),
    sa.Column("run_when_ready", sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column("ready_user_id", ID, nullable=True),
    sa.Column("origin", sa.String(12), server_default="manual", nullable=False),
    sa.Column("external_key", sa.String(200), nullable=True),
    sa.Column("schedule_id", ID, nullable=True),
    sa.Column("workflow_run_id", ID, nullable=True),
    sa.Column("step_key", sa.String(60), nullable=True),
    sa.Column("root_task_id", ID, nullable=True),
    sa.Column("parent_task_id", ID, nullable=True),
    sa.Column("depth", sa.SmallInteger(), server_default="0", nullable=False),
    sa.Column("max_usd", MONEY, nullable=True),
)
INDEXES = (
    ("uq_tasks_external_key", ["external_key"], EXTERNAL, True),
    ("ix_tasks_ready", ["id"], READY, False),
    ("ix_tasks_tree", ["root_task_id", "id"], IN_TREE, False),
    ("ix_tasks_workflow_run", ["workflow_run_id", "step_key"], OF_RUN, False),
    ("ix_tasks_schedule", ["schedule_id", "id"], OF_SCHEDULE, False),
)


def upgrade() -> None:
    # Adding columns keeps the triggers of a table, which copying it would drop.
    for column in TASK_COLUMNS:
        op.add_column("tasks", column)
    for name, columns, where, unique in INDEXES:
        op.create_index(name, "tasks", columns, unique=unique, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "task_links",
        sa.Column("task_id", ID, nullable=False),
        sa.Column("needs_task_id", ID, nullable=False),
        sa.Column("until", sa.String(10), nullable=False),
        sa.Column("met", sa.Boolean(), nullable=False),
        sa.Column("created_by_user_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("task_id", "needs_task_id", name=op.f("pk_task_links")),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_task_links_task_id_tasks"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["needs_task_id"], ["tasks.id"], name=op.f("fk_task_links_needs_task_id_tasks"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_task_links_needs", "task_links", ["needs_task_id", "task_id"])
    op.create_index("ix_task_links_unmet", "task_links", ["task_id"], sqlite_where=UNMET, postgresql_where=UNMET)
    _create_workflows()
    _create_schedules()
    op.create_table(
        "task_templates",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("board_id", ID, nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("created_by_user_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task_templates")),
        sa.ForeignKeyConstraint(
            ["board_id"], ["boards.id"], name=op.f("fk_task_templates_board_id_boards"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_task_templates_board", "task_templates", ["board_id", "name"])


def _create_workflows() -> None:
    op.create_table(
        "workflows",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("description", sa.String(1000), server_default="", nullable=False),
        sa.Column("board_id", ID, nullable=True),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("number", sa.Integer(), server_default="0", nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by_user_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflows")),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_workflows_board_id_boards")),
        sa.UniqueConstraint("name", name=op.f("uq_workflows_name")),
    )
    op.create_table(
        "workflow_versions",
        sa.Column("workflow_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("user_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("workflow_id", "number", name=op.f("pk_workflow_versions")),
        sa.ForeignKeyConstraint(
            ["workflow_id"],
            ["workflows.id"],
            name=op.f("fk_workflow_versions_workflow_id_workflows"),
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "workflow_runs",
        sa.Column("id", ID, nullable=False),
        sa.Column("workflow_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("board_id", ID, nullable=False),
        sa.Column("input", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(300), nullable=True),
        sa.Column("origin", sa.String(12), nullable=False),
        sa.Column("max_usd", MONEY, nullable=True),
        sa.Column("started_by_user_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_runs")),
        sa.ForeignKeyConstraint(
            ["workflow_id"], ["workflows.id"], name=op.f("fk_workflow_runs_workflow_id_workflows"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_workflow_runs_board_id_boards")),
    )
    op.create_index("ix_workflow_runs_workflow", "workflow_runs", ["workflow_id", "id"])
    op.create_index("ix_workflow_runs_board", "workflow_runs", ["board_id", "id"])
    op.create_table(
        "workflow_run_steps",
        sa.Column("workflow_run_id", ID, nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("task_id", ID, nullable=True),
        sa.Column("output", sa.JSON(), nullable=True),
        sa.Column("reason", sa.String(300), nullable=True),
        sa.Column("resume_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("workflow_run_id", "key", name=op.f("pk_workflow_run_steps")),
        sa.ForeignKeyConstraint(
            ["workflow_run_id"],
            ["workflow_runs.id"],
            name=op.f("fk_workflow_run_steps_workflow_run_id_workflow_runs"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_workflow_run_steps_task", "workflow_run_steps", ["task_id"])
    op.create_index("ix_workflow_run_steps_resume", "workflow_run_steps", ["resume_at"])


def _create_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("board_id", ID, nullable=True),
        sa.Column("agent_id", ID, nullable=True),
        sa.Column("template", sa.JSON(), nullable=True),
        sa.Column("workflow_id", ID, nullable=True),
        sa.Column("input", sa.JSON(), nullable=True),
        sa.Column("cron", sa.String(120), nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("starts_at", MOMENT, nullable=True),
        sa.Column("ends_at", MOMENT, nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("overlap", sa.String(8), nullable=False),
        sa.Column("catch_up", sa.String(8), nullable=False),
        sa.Column("grace_seconds", sa.Integer(), server_default="600", nullable=False),
        sa.Column("jitter_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("quiet", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("max_usd_per_firing", MONEY, nullable=True),
        sa.Column("next_at", MOMENT, nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("paused_reason", sa.String(300), nullable=True),
        sa.Column("failures_in_a_row", sa.Integer(), server_default="0", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_by_user_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.ForeignKeyConstraint(["board_id"], ["boards.id"], name=op.f("fk_schedules_board_id_boards")),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_schedules_agent_id_agents")),
        sa.ForeignKeyConstraint(
            ["workflow_id"], ["workflows.id"], name=op.f("fk_schedules_workflow_id_workflows"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_schedules_next", "schedules", ["next_at"])
    op.create_index("ix_schedules_board", "schedules", ["board_id", "id"])
    op.create_table(
        "schedule_firings",
        sa.Column("schedule_id", ID, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("reason", sa.String(300), nullable=True),
        sa.Column("task_id", ID, nullable=True),
        sa.Column("workflow_run_id", ID, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("schedule_id", "due_at", name=op.f("pk_schedule_firings")),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedules.id"],
            name=op.f("fk_schedule_firings_schedule_id_schedules"),
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    for table in (
        "task_templates",
        "schedule_firings",
        "schedules",
        "workflow_run_steps",
        "workflow_runs",
        "workflow_versions",
        "workflows",
        "task_links",
    ):
        op.drop_table(table)
    for name, _columns, _where, _unique in reversed(INDEXES):
        op.drop_index(name, "tasks")
    for column in reversed(TASK_COLUMNS):
        op.drop_column("tasks", column.name)
