"""What came of an attempt, written into the delivery and into its webhook."""

import logging
from typing import Any

from helix import clock
from helix.db.transaction import AfterCommit, transaction
from helix.extensions import db
from helix.models import Webhook, WebhookDelivery
from helix.models.events import TEST_EVENT
from helix.models.vocabulary import WebhookStatus
from helix.policies.actor import SYSTEM
from helix.services import activity, notifications
from helix.services.activity import outbox
from helix.services.webhooks import schedule
from helix.services.webhooks.claim import Claim
from helix.services.webhooks.exchange import Outcome
from helix.services.webhooks.write import begin_anew

log = logging.getLogger(__name__)

GONE = "Its address answered 410 Gone: it does not want to hear of anything any more."
HOPELESS = "Nothing got through for a day."


def settle(claim: Claim, outcome: Outcome) -> None:
    kept: dict[str, Any] = {
        "response_status": outcome.status,
        "response_body": outcome.answer,
        "duration_ms": outcome.duration_ms,
        "error": outcome.error,
    }
    with transaction() as after_commit:
        webhook = db.session.get(Webhook, claim.webhook_id, with_for_update=True, populate_existing=True)
        delivery = _still_ours(claim)
        if webhook is None or delivery is None:
            return
        for name, value in kept.items():
            setattr(delivery, name, value)
        if outcome.ok:
            delivery.status = WebhookStatus.DELIVERED
            begin_anew(webhook)
            webhook.delivered_at = clock.now()
            return
        is_test = delivery.event == TEST_EVENT
        again = None if outcome.is_gone or is_test else schedule.next_attempt(claim.attempts, outcome.asked_to_wait)
        if again is None:
            delivery.status = WebhookStatus.FAILED
        else:
            delivery.next_at = again
        if not is_test:
            _hold_against(webhook, outcome, after_commit)


def drop(claim: Claim, why: str) -> None:
    """There is nothing to send: it ends here."""
    with transaction():
        delivery = _still_ours(claim)
        if delivery is not None:
            delivery.status, delivery.error = WebhookStatus.FAILED, why[:300]


def _still_ours(claim: Claim) -> WebhookDelivery | None:
    found = db.session.get(WebhookDelivery, claim.id, with_for_update=True, populate_existing=True)
    if found is None or found.status != WebhookStatus.WAITING or found.next_at != claim.until:
        log.warning("Delivery %s took longer than its claim, or was replayed or deleted meanwhile", claim.id)
        return None
    return found


def _hold_against(webhook: Webhook, outcome: Outcome, after_commit: AfterCommit) -> None:
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or clock.now()
    if outcome.is_down and not _rests(webhook):
        webhook.rests_until = schedule.rest(webhook.failures, outcome.asked_to_wait)
    if webhook.is_active and (outcome.is_gone or schedule.is_hopeless(webhook)):
        _switch_off(webhook, GONE if outcome.is_gone else f"{HOPELESS} {outcome.error or ''}".strip())
        after_commit(outbox.forget)


def _rests(webhook: Webhook) -> bool:
    """Already, since another delivery that was under way at the same time did not get through either."""
    return webhook.rests_until is not None and webhook.rests_until > clock.now()


def _switch_off(webhook: Webhook, why: str) -> None:
    """What waits goes on waiting: it is sent when an admin switches the webhook on again."""
    log.warning("Webhook %s was switched off: %s", webhook.id, why)
    webhook.is_active, webhook.off_reason = False, why[:300]
    activity.record(SYSTEM, "webhook.switched_off", "webhook", webhook.id, webhook.name, admin_only=True, reason=why)
    notifications.webhook_off(webhook.id, webhook.name, why)
