"""Creating, editing and deleting webhooks: for admins. A secret is shown once, when it is generated."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select

from helix import clock, live
from helix.crypto import signatures
from helix.db.transaction import transaction
from helix.errors import Conflict, Invalid
from helix.extensions import db
from helix.models import Webhook, WebhookEvent
from helix.models.events import ALL_EVENTS, EVENTS
from helix.policies.actor import Actor
from helix.services import activity, url_validation
from helix.services.access import refuse_api_tokens
from helix.services.activity import outbox
from helix.services.conflicts import IsUnchanged, StaleEdit
from helix.services.secrets import can_decrypt, encrypt
from helix.services.webhooks.lookup import locked, require_admin

MOST = 50
# After a change of the secret, both secrets sign for this long.
BOTH_SIGN = timedelta(hours=24)


def create(actor: Actor, *, name: str, url: str, events: Sequence[str], is_active: bool = True) -> tuple[Webhook, str]:
    """Create a webhook. Returns it with its secret, which is never shown again.

    Raises Forbidden for an API token: a webhook outlives it.
    """
    require_admin(actor)
    refuse_api_tokens(actor)
    url, wanted = _validate_url(url), _validate_events(events)
    secret = signatures.new_secret()
    now = clock.now()
    with transaction() as after_commit:
        if (db.session.scalar(select(func.count(Webhook.id))) or 0) >= MOST:
            raise Conflict(f"There are {MOST} webhooks already. Delete one first.")
        webhook = Webhook(
            name=name,
            url=url,
            secret_encrypted=encrypt(secret),
            is_active=is_active,
            failures=0,
            heard_from=now,
            created_at=now,
        )
        db.session.add(webhook)
        db.session.flush()
        db.session.add_all([WebhookEvent(webhook_id=webhook.id, event=event) for event in wanted])
        _record(actor, "webhook.created", webhook, after_commit)
    return webhook, secret


def edit(actor: Actor, webhook_id: int, changes: dict[str, Any], *, is_unchanged: IsUnchanged | None = None) -> Webhook:
    """Apply the fields that were sent. Switching on sends waiting deliveries and clears the failures.

    Raises StaleEdit when `is_unchanged` returns False for the locked row, Forbidden for an API token that changes the
    URL or the events.
    """
    require_admin(actor)
    changes = dict(changes)
    if "url" in changes:
        changes["url"] = _validate_url(changes["url"])
    events = _validate_events(changes.pop("events")) if "events" in changes else None
    with transaction() as after_commit:
        webhook = locked(webhook_id)
        if is_unchanged and not is_unchanged(webhook):
            raise StaleEdit("webhook", {"name": webhook.name})
        changed = [name for name, value in changes.items() if getattr(webhook, name) != value]
        if "url" in changed:
            refuse_api_tokens(actor)
        for name in changed:
            setattr(webhook, name, changes[name])
        if events is not None and _set_events(webhook_id, events):
            refuse_api_tokens(actor)
            changed.append("events")
        if {"events", "is_active"}.intersection(changed):
            webhook.heard_from = clock.now()
        if {"is_active", "url"}.intersection(changed):
            clear_failures(webhook)
        if changed:
            _record(actor, "webhook.updated", webhook, after_commit, fields=sorted(changed))
    return webhook


def delete(actor: Actor, webhook_id: int) -> None:
    """Delete a webhook with its deliveries, including those that wait."""
    require_admin(actor)
    with transaction() as after_commit:
        webhook = locked(webhook_id)
        db.session.delete(webhook)
        _record(actor, "webhook.deleted", webhook, after_commit)


def rotate_secret(actor: Actor, webhook_id: int) -> tuple[Webhook, str]:
    """Generate a new secret, shown once. The old one also signs for a day, so that receivers can change over.

    Raises Forbidden for an API token: the secret allows signing forged messages.
    """
    require_admin(actor)
    refuse_api_tokens(actor)
    secret = signatures.new_secret()
    with transaction() as after_commit:
        webhook = locked(webhook_id)
        # An old secret that cannot be decrypted any more must not block deliveries.
        signs = can_decrypt(webhook.secret_encrypted)
        webhook.old_secret_encrypted = webhook.secret_encrypted if signs else None
        webhook.old_secret_until = clock.now() + BOTH_SIGN if signs else None
        webhook.secret_encrypted = encrypt(secret) or ""
        _record(actor, "webhook.updated", webhook, after_commit, fields=["secret"])
    return webhook, secret


def clear_failures(webhook: Webhook) -> None:
    """Reset the failures, so that waiting deliveries are due at once."""
    webhook.failures = 0
    webhook.failing_since = webhook.rests_until = webhook.off_reason = None


def _record(actor: Actor, action: str, webhook: Webhook, after_commit: Any, **details: Any) -> None:
    """Record the names of fields, never a URL, which may contain keys."""
    activity.record(actor, action, "webhook", webhook.id, webhook.name, admin_only=True, **details)
    after_commit(outbox.forget)
    after_commit(live.publish, "webhook", webhook.id)


def _validate_url(url: str) -> str:
    allowed = current_app.config["HELIX"].allow_private_webhook_addresses
    url_validation.validate_url(url, "url", allow_private=allowed, example="https://example.com/hooks")
    if "#" in url:
        raise Invalid.field("url", "Leave out the # and what follows it: it is never sent.")
    return url


def _validate_events(events: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(events))
    if not wanted:
        raise Invalid.field("events", "Choose at least one event.")
    for event in wanted:
        if event not in EVENTS and event != ALL_EVENTS:
            raise Invalid.field("events", f"There is no event {event[:40]}.")
    return [ALL_EVENTS] if ALL_EVENTS in wanted else wanted


def _set_events(webhook_id: int, wanted: list[str]) -> bool:
    query = select(WebhookEvent.event).where(WebhookEvent.webhook_id == webhook_id)
    if set(db.session.scalars(query)) == set(wanted):
        return False
    db.session.execute(delete_rows(WebhookEvent).where(WebhookEvent.webhook_id == webhook_id))
    db.session.add_all([WebhookEvent(webhook_id=webhook_id, event=event) for event in wanted])
    return True
