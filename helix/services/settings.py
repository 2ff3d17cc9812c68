"""The organization and its settings."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app

from helix import clock, live, queue
from helix.db.locking import lock_one
from helix.db.transaction import transaction
from helix.errors import Forbidden
from helix.extensions import db
from helix.models import Organization
from helix.models.vocabulary import BoardLevel
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import activity, secrets, web_search
from helix.services.access import refuse_api_tokens
from helix.services.conflicts import IsUnchanged, StaleEdit

PLAIN_FIELDS = (
    "name",
    "timezone",
    "default_board_level",
    "monthly_budget_usd",
    "unknown_price_per_million_usd",
    "retention_days",
    "telegram_enabled",
    "telegram_bot_username",
    "public_url",
    "run_timeout_seconds",
    "max_run_attempts",
    "stream_idle_seconds",
    "mention_runs_per_hour",
    "max_run_usd",
    "password_min_length",
)
# A change of these fields may allow a waiting run to start.
UNBLOCKING_FIELDS = {"monthly_budget_usd", "timezone"}
# These decide where links lead: an attacker who changes them could take over accounts of users who follow a link.
LINK_FIELDS = {"public_url", "telegram_bot_username"}


def organization() -> Organization:
    """The organization's row, created when it is missing from an empty database."""
    row = db.session.get(Organization, 1)
    if row is None:
        row = Organization(id=1, name="My organization", created_at=clock.now())
        db.session.add(row)
        db.session.flush()
    return row


def zone() -> ZoneInfo:
    """The time zone of the organization."""
    return ZoneInfo(organization().timezone)


def base_url() -> str:
    """The public URL of this installation, for links in messages, without a trailing slash."""
    return organization().public_url or current_app.config["HELIX"].base_url


def edit(actor: Actor, sent: Mapping[str, Any], *, is_unchanged: IsUnchanged | None = None) -> Organization:
    """Change the settings that were sent. For admins.

    `telegram_bot_token` and `web_search_key` are encrypted; "" keeps them, None removes them. Raises StaleEdit when
    `is_unchanged` returns False for the locked row, Forbidden for API tokens that change where links lead or searches
    go, or raise the default board level.
    """
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can change the settings of the organization.")
    with transaction() as after_commit:
        organization()
        row = lock_one(Organization, 1)
        if is_unchanged and not is_unchanged(row):
            raise StaleEdit("organization", serialize(row))
        changed = [name for name in PLAIN_FIELDS if name in sent and getattr(row, name) != sent[name]]
        if _is_sensitive(row, changed, sent):
            refuse_api_tokens(actor)
        for name in changed:
            setattr(row, name, sent[name])
        if "telegram_bot_token" in sent and _set_bot_token(row, sent["telegram_bot_token"]):
            refuse_api_tokens(actor)
            changed.append("telegram_bot_token")
        if searching := web_search.edit(row, sent):
            refuse_api_tokens(actor)
            changed += searching
        if changed:
            activity.record(actor, "settings.updated", "settings", row.id, row.name, fields=changed)
            after_commit(live.publish, "settings", row.id)
        if UNBLOCKING_FIELDS.intersection(changed):
            after_commit(queue.wake)
    return row


def finish_setup(actor: Actor) -> None:
    """Mark the set-up as finished. Idempotent. For admins."""
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can finish the set-up.")
    with transaction():
        organization()
        row = lock_one(Organization, 1)
        row.setup_finished_at = row.setup_finished_at or clock.now()


def _is_sensitive(row: Organization, changed: Sequence[str], sent: Mapping[str, Any]) -> bool:
    """Whether a change affects where links lead, or raises the members' default level."""
    raised = "default_board_level" in changed and sent["default_board_level"] > row.default_board_level
    return raised or not LINK_FIELDS.isdisjoint(changed)


def _set_bot_token(row: Organization, token: str | None) -> bool:
    """Set the token of the Telegram bot. Returns whether it changed."""
    if token == "" or secrets.equals(row.telegram_bot_token_encrypted, token):
        return False
    row.telegram_bot_token_encrypted = secrets.encrypt(token)
    # Every bot numbers its updates on its own.
    row.telegram_update_offset = 0
    # The webhook was registered with the previous bot.
    row.telegram_webhook = False
    return True


def serialize(row: Organization) -> dict[str, Any]:
    """The API representation: of a secret, only whether there is one."""
    budget = row.monthly_budget_usd
    return {
        "name": row.name,
        "timezone": row.timezone,
        "default_board_level": BoardLevel(row.default_board_level).word,
        "monthly_budget_usd": None if budget is None else float(budget),
        "unknown_price_per_million_usd": float(row.unknown_price_per_million_usd),
        "retention_days": row.retention_days,
        "telegram_enabled": row.telegram_enabled,
        "telegram_bot_username": row.telegram_bot_username,
        "has_telegram_bot_token": row.telegram_bot_token_encrypted is not None,
        "public_url": row.public_url,
        "run_timeout_seconds": row.run_timeout_seconds,
        "max_run_attempts": row.max_run_attempts,
        "stream_idle_seconds": row.stream_idle_seconds,
        "mention_runs_per_hour": row.mention_runs_per_hour,
        "max_run_usd": float(row.max_run_usd),
        "password_min_length": row.password_min_length,
        **web_search.serialize(row),
    }
