"""Making and changing webhooks: for admins. A secret is shown once, when it is made."""

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
# So long both secrets sign after a change.
BOTH_SIGN = timedelta(hours=24)


def create(actor: Actor, *, name: str, url: str, events: Sequence[str], is_active: bool = True) -> tuple[Webhook, str]:
    """The webhook, and its secret, which is never to be seen again.

    Forbidden for an API token: a webhook outlives it.
    """
    require_admin(actor)
    refuse_api_tokens(actor)
    url, wanted = _checked(url), _known(events)
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
        _note(actor, "webhook.created", webhook, after_commit)
    return webhook, secret


def edit(actor: Actor, webhook_id: int, changes: dict[str, Any], *, is_unchanged: IsUnchanged | None = None) -> Webhook:
    """Apply what was sent. Switched on, what waited is sent, and failures so far are forgotten.

    Raises Stale when `still` says that the webhook is no longer what was shown, Forbidden for an API token that would
    change where the webhook sends or what it is told.
    """
    require_admin(actor)
    changes = dict(changes)
    if "url" in changes:
        changes["url"] = _checked(changes["url"])
    events = _known(changes.pop("events")) if "events" in changes else None
    with transaction() as after_commit:
        webhook = locked(webhook_id)
        if is_unchanged and not is_unchanged(webhook):
            raise StaleEdit("webhook", {"name": webhook.name})
        changed = [name for name, value in changes.items() if getattr(webhook, name) != value]
        if "url" in changed:
            refuse_api_tokens(actor)
        for name in changed:
            setattr(webhook, name, changes[name])
        if events is not None and _put_events(webhook_id, events):
            refuse_api_tokens(actor)
            changed.append("events")
        if {"events", "is_active"}.intersection(changed):
            webhook.heard_from = clock.now()
        if {"is_active", "url"}.intersection(changed):
            clear_failures(webhook)
        if changed:
            _note(actor, "webhook.updated", webhook, after_commit, fields=sorted(changed))
    return webhook


def delete(actor: Actor, webhook_id: int) -> None:
    """Its deliveries go with it, those that wait included."""
    require_admin(actor)
    with transaction() as after_commit:
        webhook = locked(webhook_id)
        db.session.delete(webhook)
        _note(actor, "webhook.deleted", webhook, after_commit)


def rotate_secret(actor: Actor, webhook_id: int) -> tuple[Webhook, str]:
    """A new secret, shown once. For a day the old one signs beside it, so that nothing is refused meanwhile.

    Forbidden for an API token: the secret allows signing forged messages.
    """
    require_admin(actor)
    refuse_api_tokens(actor)
    secret = signatures.new_secret()
    with transaction() as after_commit:
        webhook = locked(webhook_id)
        # One that cannot be opened any more signs nothing, and would hold up the new one.
        signs = can_decrypt(webhook.secret_encrypted)
        webhook.old_secret_encrypted = webhook.secret_encrypted if signs else None
        webhook.old_secret_until = clock.now() + BOTH_SIGN if signs else None
        webhook.secret_encrypted = encrypt(secret) or ""
        _note(actor, "webhook.updated", webhook, after_commit, fields=["secret"])
    return webhook, secret


def clear_failures(webhook: Webhook) -> None:
    """Forget its failures so far: it is due at once."""
    webhook.failures = 0
    webhook.failing_since = webhook.rests_until = webhook.off_reason = None


def _note(actor: Actor, action: str, webhook: Webhook, after_commit: Any, **details: Any) -> None:
    """Names of fields, never an address: those may hold keys."""
    activity.record(actor, action, "webhook", webhook.id, webhook.name, admin_only=True, **details)
    after_commit(outbox.forget)
    after_commit(live.publish, "webhook", webhook.id)


def _checked(url: str) -> str:
    allowed = current_app.config["HELIX"].allow_private_webhook_addresses
    url_validation.validate_url(url, "url", allow_private=allowed, example="https://example.com/hooks")
    if "#" in url:
        raise Invalid.field("url", "Leave out the # and what follows it: it is never sent.")
    return url


def _known(events: Sequence[str]) -> list[str]:
    wanted = list(dict.fromkeys(events))
    if not wanted:
        raise Invalid.field("events", "Choose at least one event.")
    for event in wanted:
        if event not in EVENTS and event != ALL_EVENTS:
            raise Invalid.field("events", f"There is no event {event[:40]}.")
    return [ALL_EVENTS] if ALL_EVENTS in wanted else wanted


def _put_events(webhook_id: int, wanted: list[str]) -> bool:
    query = select(WebhookEvent.event).where(WebhookEvent.webhook_id == webhook_id)
    if set(db.session.scalars(query)) == set(wanted):
        return False
    db.session.execute(delete_rows(WebhookEvent).where(WebhookEvent.webhook_id == webhook_id))
    db.session.add_all([WebhookEvent(webhook_id=webhook_id, event=event) for event in wanted])
    return True
