"""Webhooks as a channel of the outbox: what is sent and when, and what each answer means for delivery and webhook."""

import logging
from datetime import datetime, timedelta

from flask import current_app
from sqlalchemy import ColumnElement, or_, select

from helix import clock, queue
from helix.backoff import backoff, jittered
from helix.db.locking import lock
from helix.db.transaction import AfterCommit, transaction
from helix.errors import HelixError
from helix.extensions import db
from helix.models import Activity, Webhook, WebhookDelivery
from helix.models.events import TEST_EVENT
from helix.models.vocabulary import WebhookStatus
from helix.policies.actor import SYSTEM
from helix.services import activity, notifications
from helix.services.activity import outbox
from helix.services.deliveries import Channel, Claim, Dropped
from helix.services.secrets import decrypt
from helix.services.webhooks import lanes, transport
from helix.services.webhooks.payload import compose
from helix.services.webhooks.transport import Message, Outcome
from helix.services.webhooks.write import clear_failures

log = logging.getLogger(__name__)

GONE = "Its address answered 410 Gone: it does not want to hear of anything any more."
HOPELESS = "Nothing got through for a day."

# Between one attempt and the next: the last comes about a day after the first.
WAITS = (10, 60, 300, 1800, 7200, 18_000, 28_800, 28_800)  # seconds
MOST_ATTEMPTS = len(WAITS) + 1
# A webhook that does not answer is paused as a whole: for the first of these, then twice as long each time.
FIRST_REST, LONGEST_REST = 5.0, 600.0  # seconds
JITTER = 0.2
# A webhook is switched off after so many failures in a row, over at least so long.
MOST_FAILURES = 20
FAILING_FOR = timedelta(days=1)


class WebhookChannel(Channel[WebhookDelivery, Message, Outcome]):
    model = WebhookDelivery
    lease = timedelta(seconds=60)
    dropped = WebhookStatus.FAILED
    columns = (WebhookDelivery.webhook_id,)

    def prepare(self, claim: Claim) -> Message:
        delivery = db.session.get(WebhookDelivery, claim.id)
        webhook = db.session.get(Webhook, claim.row.webhook_id)
        if delivery is None or webhook is None:
            raise Dropped("The webhook was deleted.")
        body = delivery.body or _store_body(delivery)
        return Message(webhook.url, body.encode(), delivery.message_id, signing_secrets(webhook))

    def send(self, claim: Claim, message: Message, seconds: float) -> Outcome:
        allowed = current_app.config["HELIX"].allow_private_webhook_addresses
        return transport.post(message, claim.started_at, allow_private=allowed, seconds=seconds)

    def not_prepared(self, error: HelixError) -> Outcome:
        return Outcome(error=error.message[:300])

    def settle(self, claim: Claim, outcome: Outcome) -> bool:
        with transaction() as after_commit:
            webhook = lock(Webhook, claim.row.webhook_id)
            delivery = self.locked(claim)
            if webhook is None or delivery is None:
                return outcome.ok
            delivery.response_status, delivery.response_body = outcome.status, outcome.answer
            delivery.duration_ms, delivery.error = outcome.duration_ms, outcome.error
            if outcome.ok:
                delivery.status = WebhookStatus.DELIVERED
                clear_failures(webhook)
                webhook.delivered_at = clock.now()
                return True
            is_test = delivery.event == TEST_EVENT
            retry_at = None if outcome.is_gone or is_test else _next_attempt(claim.attempts, outcome.retry_after)
            if retry_at is None:
                delivery.status = WebhookStatus.FAILED
            else:
                delivery.next_at = retry_at
            if not is_test:
                _count_failure(webhook, outcome, after_commit)
        return False

    def is_due(self) -> bool:
        return bool(lanes.due())

    def wake_worker(self) -> bool:
        return queue.enqueue_once(outbox.JOB)

    def deliver_due(self, *, seconds: float = 5.0, timeout: float = transport.SECONDS) -> int:
        return lanes.run(self._deliver_next, seconds=seconds, timeout=timeout)

    def deliver(self, delivery_id: int, *, seconds: float = transport.SECONDS) -> bool:
        """Send this one now, even if its webhook is off or paused, unless another worker does. True if it arrived."""
        new_test = (WebhookDelivery.event == TEST_EVENT) & (WebhookDelivery.attempts == 0)
        waits = WebhookDelivery.status == WebhookStatus.WAITING
        now = clock.now()
        claim = self._claim((WebhookDelivery.id == delivery_id) & waits & ((WebhookDelivery.next_at <= now) | new_test))
        if claim is None:
            return False
        arrived = self.attempt(claim, seconds=seconds)
        lanes.publish(claim.row.webhook_id)
        return arrived

    def _deliver_next(self, webhook_id: int, timeout: float) -> bool | None:
        """Send the webhook's longest due delivery. None when none is due, or the webhook is off or paused."""
        now = clock.now()
        due = (
            select(WebhookDelivery.id)
            .join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
            .where(WebhookDelivery.webhook_id == webhook_id, self.due(now))
            .where(Webhook.is_active, or_(Webhook.rests_until.is_(None), Webhook.rests_until <= now))
            .order_by(WebhookDelivery.next_at, WebhookDelivery.id)
            .limit(1)
            .with_for_update(of=WebhookDelivery, skip_locked=True)
        )
        claim = self._claim(WebhookDelivery.id == due.scalar_subquery())
        return self.attempt(claim, seconds=timeout) if claim else None

    def _claim(self, which: ColumnElement[bool]) -> Claim | None:
        return self.claim(which, attempted_at=clock.now())


WEBHOOKS = WebhookChannel()


def signing_secrets(webhook: Webhook) -> list[str]:
    """The current secret, and the previous one while both sign."""
    sealed = [webhook.secret_encrypted]
    if webhook.old_secret_until and webhook.old_secret_until > clock.now():
        sealed.append(webhook.old_secret_encrypted or "")
    return [secret for secret in map(decrypt, sealed) if secret]


def _store_body(delivery: WebhookDelivery) -> str:
    """Composed once and stored before it is sent, so that every attempt sends the same bytes."""
    entry = db.session.scalar(select(Activity).where(Activity.id == delivery.activity_id))
    if entry is None:
        raise Dropped("What it told of is older than what the organization keeps.")
    body = compose(entry)
    with transaction():
        stored = lock(WebhookDelivery, delivery.id)
        if stored is None:
            raise Dropped("The webhook was deleted.")
        body = stored.body or body
        stored.body = body
    return body


def _count_failure(webhook: Webhook, outcome: Outcome, after_commit: AfterCommit) -> None:
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or clock.now()
    if outcome.is_down and not _is_resting(webhook):
        webhook.rests_until = _rest_until(webhook.failures, outcome.retry_after)
    if webhook.is_active and (outcome.is_gone or _is_hopeless(webhook)):
        _switch_off(webhook, GONE if outcome.is_gone else f"{HOPELESS} {outcome.error or ''}".strip())
        after_commit(outbox.forget)


def _is_resting(webhook: Webhook) -> bool:
    """Whether it is paused already, because of another delivery that was attempted at the same time."""
    return webhook.rests_until is not None and webhook.rests_until > clock.now()


def _switch_off(webhook: Webhook, reason: str) -> None:
    """Switch the webhook off. Its waiting deliveries are sent when an admin switches it on again."""
    log.warning("Webhook %s was switched off: %s", webhook.id, reason)
    webhook.is_active, webhook.off_reason = False, reason[:300]
    activity.record(SYSTEM, "webhook.switched_off", "webhook", webhook.id, webhook.name, admin_only=True, reason=reason)
    notifications.webhook_off(webhook.id, webhook.name, reason)


def _next_attempt(attempts: int, retry_after: float | None) -> datetime | None:
    """The time of the next attempt; None after the last one. `retry_after` is in seconds."""
    if attempts >= MOST_ATTEMPTS:
        return None
    return clock.now() + timedelta(seconds=max(jittered(WAITS[attempts - 1], JITTER), retry_after or 0))


def _rest_until(failures: int, retry_after: float | None) -> datetime:
    seconds = backoff(failures, first=FIRST_REST, longest=LONGEST_REST, jitter=JITTER)
    return clock.now() + timedelta(seconds=max(seconds, retry_after or 0))


def _is_hopeless(webhook: Webhook) -> bool:
    since = webhook.failing_since
    return webhook.failures >= MOST_FAILURES and since is not None and clock.now() - since >= FAILING_FOR
