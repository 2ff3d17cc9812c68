from dataclasses import dataclass

from sqlalchemy import select

from helix import clock
from helix.extensions import db
from helix.models import Activity, Webhook, WebhookDelivery
from helix.services.secrets import decrypt
from helix.services.webhooks.claim import Claim
from helix.services.webhooks.payload import compose
from helix.transaction import transaction


@dataclass(frozen=True)
class Letter:
    url: str
    body: bytes
    message_id: str
    secrets: list[str]


class Dropped(Exception):
    """There is nothing left to tell."""


def prepare(claim: Claim) -> Letter:
    """What is sent, and where. Raises Dropped, and KeyMissing when the secret cannot be opened."""
    delivery = db.session.get(WebhookDelivery, claim.id)
    webhook = db.session.get(Webhook, claim.webhook_id)
    if delivery is None or webhook is None:
        raise Dropped("The webhook was deleted.")
    body = delivery.body or _composed(delivery)
    return Letter(webhook.url, body.encode(), delivery.message_id, signing_secrets(webhook))


def signing_secrets(webhook: Webhook) -> list[str]:
    """The present one, and the one before it for as long as it serves."""
    sealed = [webhook.secret_encrypted]
    if webhook.old_secret_until and webhook.old_secret_until > clock.now():
        sealed.append(webhook.old_secret_encrypted or "")
    return [secret for secret in map(decrypt, sealed) if secret]


def _composed(delivery: WebhookDelivery) -> str:
    """Composed once, and kept before it is sent: whoever tries again sends the same bytes."""
    entry = db.session.scalar(select(Activity).where(Activity.id == delivery.activity_id))
    if entry is None:
        raise Dropped("What it told of is older than what the organization keeps.")
    body = compose(entry)
    with transaction():
        kept = db.session.get(WebhookDelivery, delivery.id, with_for_update=True, populate_existing=True)
        if kept is None:
            raise Dropped("The webhook was deleted.")
        body = kept.body or body
        kept.body = body
    return body
