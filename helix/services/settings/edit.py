from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from helix import clock, live, queue
from helix.errors import Forbidden
from helix.extensions import db
from helix.models import Organization
from helix.models.vocabulary import BoardLevel
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import accounts, activity, secrets
from helix.services.conflicts import IsUnchanged, StaleEdit
from helix.services.settings.organization import organization
from helix.transaction import transaction

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
    "password_min_length",
)
# A change of these fields may allow a waiting run to start.
UNBLOCKING_FIELDS = {"monthly_budget_usd", "timezone"}
# These decide where links lead: an attacker who changes them could take over accounts of users who follow a link.
LINK_FIELDS = {"public_url", "telegram_bot_username"}


def edit(actor: Actor, sent: Mapping[str, Any], *, is_unchanged: IsUnchanged | None = None) -> Organization:
    """Change the settings that were sent. `telegram_bot_token` is encrypted; "" keeps it, None removes it. For admins.

    Raises StaleEdit when `is_unchanged` returns False for the locked row, Forbidden for API tokens that change where
    links lead or raise the default board level.
    """
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can change the settings of the organization.")
    with transaction() as after_commit:
        organization()
        lock = select(Organization).with_for_update().execution_options(populate_existing=True)
        found = db.session.scalars(lock).one()
        if is_unchanged and not is_unchanged(found):
            raise StaleEdit("organization", serialize(found))
        changed = [name for name in PLAIN_FIELDS if name in sent and getattr(found, name) != sent[name]]
        if _lets_in(found, changed, sent):
            accounts.refuse_api_tokens(actor)
        for name in changed:
            setattr(found, name, sent[name])
        if "telegram_bot_token" in sent and _put_bot_token(found, sent["telegram_bot_token"]):
            accounts.refuse_api_tokens(actor)
            changed.append("telegram_bot_token")
        if changed:
            activity.record(actor, "settings.updated", "settings", found.id, found.name, fields=changed)
            after_commit(live.publish, "settings", found.id)
        if UNBLOCKING_FIELDS.intersection(changed):
            after_commit(queue.wake)
    return found


def finish_setup(actor: Actor) -> None:
    """Mark the set-up as finished. Idempotent. For admins."""
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can finish the set-up.")
    with transaction():
        organization()
        found = db.session.scalars(select(Organization).with_for_update()).one()
        found.setup_finished_at = found.setup_finished_at or clock.now()


def _lets_in(found: Organization, changed: Sequence[str], sent: Mapping[str, Any]) -> bool:
    """Whether a change affects where links lead, or raises the members' default level."""
    raised = "default_board_level" in changed and sent["default_board_level"] > found.default_board_level
    return raised or not LINK_FIELDS.isdisjoint(changed)


def _put_bot_token(found: Organization, token: str | None) -> bool:
    """Set the token of the Telegram bot. Returns whether it changed."""
    if token == "" or secrets.equals(found.telegram_bot_token_encrypted, token):
        return False
    found.telegram_bot_token_encrypted = secrets.encrypt(token)
    # Every bot numbers its updates on its own.
    found.telegram_update_offset = 0
    # The webhook was registered with the previous bot.
    found.telegram_webhook = False
    return True


def serialize(found: Organization) -> dict[str, Any]:
    """The API representation: of a secret, only whether there is one."""
    budget = found.monthly_budget_usd
    return {
        "name": found.name,
        "timezone": found.timezone,
        "default_board_level": BoardLevel(found.default_board_level).word,
        "monthly_budget_usd": None if budget is None else float(budget),
        "unknown_price_per_million_usd": float(found.unknown_price_per_million_usd),
        "retention_days": found.retention_days,
        "telegram_enabled": found.telegram_enabled,
        "telegram_bot_username": found.telegram_bot_username,
        "has_telegram_bot_token": found.telegram_bot_token_encrypted is not None,
        "public_url": found.public_url,
        "run_timeout_seconds": found.run_timeout_seconds,
        "max_run_attempts": found.max_run_attempts,
        "stream_idle_seconds": found.stream_idle_seconds,
        "mention_runs_per_hour": found.mention_runs_per_hour,
        "password_min_length": found.password_min_length,
    }
