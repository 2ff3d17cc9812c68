import json
from typing import Any

from helix.clock import iso
from helix.models import WebhookDelivery
from helix.models.vocabulary import WebhookStatus
from helix.services.webhooks.exchange import sent_headers


def shown_delivery(found: WebhookDelivery) -> dict[str, Any]:
    """A line of the log, as the contract writes it."""
    waits = found.status == WebhookStatus.WAITING
    return {
        "id": found.id,
        "webhook_id": found.webhook_id,
        "message_id": found.message_id,
        "event": found.event,
        "status": found.status,
        "attempts": found.attempts,
        "response_status": found.response_status,
        "duration_ms": found.duration_ms,
        "error": found.error,
        "attempted_at": iso(found.attempted_at),
        "next_attempt_at": iso(found.next_at) if waits else None,
        "created_at": iso(found.created_at),
    }


def shown_delivery_in_full(found: WebhookDelivery) -> dict[str, Any]:
    """With what is sent and what came back. Null before the first attempt; the signature is never shown."""
    return {
        **shown_delivery(found),
        "request_headers": _headers(found) if found.attempted_at else None,
        "request_body": json.loads(found.body) if found.body else None,
        "response_body": found.response_body,
    }


def _headers(found: WebhookDelivery) -> dict[str, str]:
    at = int(found.attempted_at.timestamp()) if found.attempted_at else 0
    return {
        **sent_headers(),
        "webhook-id": found.message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": "v1,…",
    }
