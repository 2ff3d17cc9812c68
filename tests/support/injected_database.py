"""A database whose every word that somebody typed tries to run a script: tests/support/injections.py in each column.

A column of text that is named in neither list fails the test, and so does one of those that are shown whose table is
empty: a new field is tried from its first day.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.services import accounts, webhooks, workflows
from tests.support.injections import injections

SHOWN = (
    "activity.actor_name",
    "activity.entity_title",
    "agents.name",
    "agents.notes",
    "agents.role_title",
    "agents.system_prompt",
    "ai_models.base_url",
    "ai_models.display_name",
    "ai_models.model_name",
    "api_tokens.name",
    "boards.description",
    "boards.name",
    "comments.content",
    "departments.emoji",
    "departments.name",
    "human_requests.body",
    "human_requests.note",
    "human_requests.title",
    "identities.issuer",
    "notifications.message",
    "notifications.title",
    "notifications.url",
    "organization.name",
    "organization.telegram_bot_username",
    "run_steps.content",
    "run_steps.title",
    "runs.message",
    "runs.model",
    "runs.result",
    "runs.worker",
    "saved_views.name",
    "schedule_firings.reason",
    "schedules.name",
    "schedules.paused_reason",
    "skill_attachments.description",
    "skill_attachments.extract_note",
    "skill_attachments.name",
    "skill_attachments.path",
    "skill_versions.version",
    "skills.category",
    "skills.content",
    "skills.description",
    "skills.name",
    "skills.version",
    "task_attachments.description",
    "task_attachments.extract_note",
    "task_attachments.name",
    "task_templates.name",
    "tasks.auto_stopped",
    "tasks.description",
    "tasks.result",
    "tasks.title",
    "tool_calls.decided_because",
    "tool_calls.late_result",
    "tool_calls.name",
    "tool_calls.result",
    "tools.description",
    "tools.title",
    "trial_costs.model",
    "users.email",
    "users.name",
    "webhook_deliveries.error",
    "webhook_deliveries.response_body",
    "webhooks.name",
    "webhooks.off_reason",
    "webhooks.url",
)
# Lists of words in JSON.
SHOWN_LISTS = ("tasks.tags", "skills.tags", "skills.activation_tags")
# Made by HELIX, or held to a closed list, a time zone, an address or a hash by whoever writes them; or never shown.
# The name of a browser comes with its sign-in.
NOT_TYPED = (
    "activity.action",
    "activity.entity_type",
    "agents.avatar_key",
    "ai_models.api_key_encrypted",
    "ai_models.key_hint",
    "ai_models.provider",
    "api_tokens.hint",
    "api_tokens.token_hash",
    "boards.key",
    "browser_sessions.address",
    "browser_sessions.secret_hash",
    "browser_sessions.user_agent",
    "budget_months.month",
    "budget_months.scope",
    "comments.kind",
    "deliveries.body",
    "deliveries.channel",
    "deliveries.error",
    "deliveries.message_ref",
    "deliveries.recipient",
    "deliveries.status",
    "deliveries.subject",
    "departments.name_key",
    "human_requests.answered_via",
    "human_requests.decision",
    "human_requests.on_expiry",
    "identities.subject",
    "idempotency_keys.body_hash",
    "idempotency_keys.key",
    "idempotency_keys.route",
    "leases.holder",
    "leases.name",
    "names.key",
    "notifications.event_key",
    "notifications.target_type",
    "one_time_tokens.purpose",
    "one_time_tokens.token_hash",
    "organization.public_url",
    "organization.telegram_bot_token_encrypted",
    "organization.telegram_update_bot",
    "organization.timezone",
    "organization.web_search_key_encrypted",
    "organization.web_search_key_hint",
    "organization.web_search_provider",
    "organization.web_search_url",
    "provider_cooldowns.key",
    "provider_cooldowns.reason",
    "run_messages.model",
    "run_messages.role",
    "runs.budget_month",
    "sample_rows.table_name",
    "saved_views.query",
    "schedules.cron",
    "schedules.timezone",
    "skill_attachments.content_type",
    "skill_attachments.extracted_text",
    "skill_attachments.file_key",
    "skill_tags.tag",
    "skills.content_folded",
    "skills.description_folded",
    "skills.front_matter",
    "skills.name_folded",
    "skills.name_key",
    "skills.slug",
    "task_attachments.content_type",
    "task_attachments.extracted_text",
    "task_attachments.file_key",
    "task_tags.tag",
    "task_tallies.status",
    "tasks.description_folded",
    "tasks.position",
    "tasks.title_folded",
    "tool_calls.definition_hash",
    "tool_calls.provider_call_id",
    "tool_sources.auth",
    "tool_sources.header_name",
    "tool_sources.oauth_encrypted",
    "tool_sources.refresh_error",
    "tool_sources.secret_encrypted",
    "tool_sources.secret_hint",
    "tool_sources.slug",
    "tool_sources.title",
    "tool_sources.url",
    "tools.definition_hash",
    "tools.name",
    "users.avatar_key",
    "users.email_key",
    "users.password_hash",
    "users.telegram_user_id",
    "users.theme",
    "users.timezone",
    "webhook_deliveries.body",
    "webhook_deliveries.event",
    "webhook_events.event",
    "webhooks.old_secret_encrypted",
    "webhooks.secret_encrypted",
    # Shown by no page yet but in activities, which have a title of their own.
    "workflow_run_steps.reason",
    "workflow_runs.reason",
    "workflows.description",
    "workflows.name",
    # A key of a definition, as checked as one of an output's fields.
    "tasks.external_key",
    "tasks.step_key",
    "workflow_run_steps.key",
)


def fill() -> None:
    """Over the demo organization, past every check of the services: the pages have to hold by themselves."""
    _add_what_is_missing()
    tables = db.metadata.tables
    with transaction():
        for name in (*SHOWN, *SHOWN_LISTS):
            table, column = tables[name.split(".")[0]], name.split(".")[1]
            key = next(iter(table.primary_key))
            rows = db.session.scalars(sa.select(key).order_by(key)).all()
            assert rows, f"{table} is empty: nothing is shown of {name}"
            for row, words in zip(rows, _shares(len(rows)), strict=True):
                value: Any = words if name in SHOWN_LISTS else "\n\n".join(words) if _is_long(name) else " ".join(words)
                db.session.execute(table.update().where(key == row).values({column: value}))
        everything = "\n\n".join(injections())
        db.session.execute(tables["runs"].update().values(prompt=[{"role": "user", "content": everything}]))
        db.session.execute(tables["run_steps"].update().values(details={"skills": injections()}))
        snapshot = tables["skill_versions"].c.snapshot
        for row in db.session.execute(sa.select(tables["skill_versions"].c.id, snapshot)).all():
            changed = {**row.snapshot, "content": everything, "name": everything, "description": everything}
            one = tables["skill_versions"].update().where(tables["skill_versions"].c.id == row.id)
            db.session.execute(one.values(snapshot=changed))
        tags = [{"skill_id": 2, "tag": words[:50]} for words in dict.fromkeys(one[:50] for one in injections())]
        db.session.execute(tables["skill_tags"].delete())
        db.session.execute(tables["skill_tags"].insert(), tags)


def _is_long(name: str) -> bool:
    return name.split(".")[1] in ("content", "description", "result", "system_prompt")


def _shares(count: int) -> Iterator[list[str]]:
    """Every string once over all rows; each row has at least some."""
    corpus = injections()
    for number in range(count):
        yield corpus[number % len(corpus) :: min(count, len(corpus))] or [corpus[number % len(corpus)]]


def _add_what_is_missing() -> None:
    """Rows of what the demo organization has none of, so that each noun is on the page that it belongs to."""
    tables, now = db.metadata.tables, clock.now()
    admin = accounts.actor_by_id(1)
    assert admin
    hook = webhooks.create(admin, name="x", url="http://127.0.0.1:9/", events=["webhook.deleted"])[0].id
    accounts.create_api_token(admin, name="x")
    workflows.start(admin, 1, {"topic": "x"})
    file = {"file_key": "none", "content_type": "text/plain", "size": 1, "name": "x", "created_at": now}
    view = {"board_id": 4, "user_id": 1, "name": "x", "query": "", "shared": False}
    sent = {"webhook_id": hook, "event": "task.created", "body": "{}", "status": "failed", "next_at": now}
    told = {"user_id": 1, "type": "mention", "title": "x", "target_type": "task", "target_id": 22, "created_at": now}
    source = {"id": 2, "kind": "mcp_http", "slug": "x", "title": "x", "url": "http://127.0.0.1:9/", "auth": "none"}
    source |= {
        "header_name": "X",
        "allow_private": True,
        "timeout_seconds": 5,
        "max_result_bytes": 9,
        "created_at": now,
    }
    offered = {"source_id": 2, "name": "x", "title": "x", "description": "x", "input_schema": {}, "annotations": {}}
    offered |= {"definition_hash": "0" * 64, "token_count": 1, "effect": "write", "repeatable": False, "status": "new"}
    offered |= {"reads_private": True, "brings_untrusted": True, "sends_out": True, "default_policy": "ask"}
    tried = {"agent_id": 2, "model": "x", "input_tokens": 1, "output_tokens": 1, "counted_usd": 1, "finished_at": now}
    written = {"title": "x", "description": "x", "priority": "low", "tags": ["x"], "due_in": 1, "agent_id": None}
    written |= {"requires_approval": True}
    planned = {"name": "x", "board_id": 4, "template": written, "cron": "0 9 * * 1", "timezone": "UTC"}
    planned |= {"overlap": "skip", "catch_up": "one", "grace_seconds": 600, "jitter_seconds": 0, "enabled": False}
    planned |= {"failures_in_a_row": 0, "version": 1, "created_at": now, "updated_at": now}
    template = {"name": "x", "board_id": 4, "content": written, "created_at": now}
    vouched = {"user_id": 1, "issuer": "x", "subject": "x", "created_at": now, "used_at": now}
    with transaction():
        db.session.execute(tables["identities"].insert().values(**vouched))
        db.session.execute(tables["tool_sources"].insert().values(**source))
        db.session.execute(tables["tools"].insert().values(**offered))
        for number in range(20):
            for name, values in (
                ("task_attachments", file | {"task_id": 22}),
                ("skill_attachments", file | {"skill_id": 2}),
                ("saved_views", view),
                ("trial_costs", tried),
                ("schedules", planned | {"id": number + 1}),
                ("schedule_firings", {"schedule_id": number + 1, "due_at": now, "state": "failed", "created_at": now}),
                ("task_templates", template | {"id": number + 1}),
                ("webhook_deliveries", sent | {"created_at": now}),
                ("notifications", told | {"event_key": f"hostile {number}", "url": "/tasks/22"}),
            ):
                db.session.execute(tables[name].insert().values(**values))
        db.session.execute(tables["tasks"].update().values(attachment_count=20))


def unnamed_columns() -> set[str]:
    """Columns of text that are in neither list."""
    text = {
        f"{table.name}.{column.name}"
        for table in db.metadata.tables.values()
        for column in table.columns
        if type(column.type) in (sa.String, sa.Text)
    }
    return text - set(SHOWN) - set(NOT_TYPED)
