"""What a webhook was told: its log, which goes on by itself while it is open, and one delivery in full."""

import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import flash, request
from flask.typing import ResponseReturnValue

from helix import clock
from helix.errors import Conflict
from helix.models import Webhook, WebhookDelivery
from helix.models.vocabulary import WebhookStatus
from helix.services import webhooks
from helix.services.paging import PageRequest
from helix.services.webhooks import DeliveryFilter
from helix.web.admins import admins_only
from helix.web.blueprint import actor, by_htmx, part, see, signed_in_blueprint
from helix.web.forms import number
from helix.web.settings.tabs import tab

blueprint = signed_in_blueprint("webhook_log")
blueprint.before_request(admins_only)
BLUEPRINTS = (blueprint,)
AT_ONCE = 50


@blueprint.get("/settings/webhooks/<int:webhook_id>/log")
def show_log(webhook_id: int) -> ResponseReturnValue:
    """The log alone: narrowed to a state, gone on with, or as it is now."""
    webhook = webhooks.get(actor(), webhook_id)
    if not by_htmx():
        query = urlencode(request.args)
        return see(f"/settings/webhooks/{webhook_id}" + (f"?{query}" if query else ""))
    return part("settings/_webhook_log.html", webhook=webhooks.shown(webhook), **log(webhook))


def _next(row: WebhookDelivery, webhook: Webhook) -> datetime | None:
    """When it is tried again: not while its webhook rests, and None when that is any moment now, or nobody knows."""
    if row.status != WebhookStatus.WAITING or not row.attempts or not webhook.is_active:
        return None
    at = max(row.next_at, webhook.rests_until or row.next_at)
    return at if at > clock.now() else None


def log(webhook: Webhook) -> dict[str, Any]:
    """The page of the log that the address asks for."""
    named = request.args.get("status", "")
    status = WebhookStatus(named) if named in list(WebhookStatus) else None
    after = number(request.args, "after")
    found = webhooks.listed(actor(), webhook.id, DeliveryFilter(status), PageRequest(AT_ONCE, after=after))
    return {
        "deliveries": [{**webhooks.shown_delivery(row), "next": _next(row, webhook)} for row in found.rows],
        "chosen": status or "",
        "after": after,
        "older": found.cursor,
        "states": [("", "All"), *((one, one.capitalize()) for one in WebhookStatus)],
    }


@blueprint.get("/settings/webhook-deliveries/<int:delivery_id>")
def show(delivery_id: int) -> ResponseReturnValue:
    return _delivery(delivery_id)


@blueprint.post("/settings/webhook-deliveries/<int:delivery_id>/replay")
def replay(delivery_id: int) -> ResponseReturnValue:
    try:
        webhooks.replay(actor(), delivery_id)
        said, tone = "It is sent once more.", "ok"
    except Conflict as error:
        said, tone = error.message, "warn"
    if not by_htmx():
        flash(said, tone)
        return see(f"/settings/webhook-deliveries/{delivery_id}")
    return _delivery(delivery_id, said=said, tone=tone)


def _delivery(delivery_id: int, *, said: str = "", tone: str = "ok") -> ResponseReturnValue:
    found = webhooks.shown_delivery_in_full(webhooks.delivery(actor(), delivery_id))
    body = found["request_body"]
    context = {
        "delivery": found,
        "webhook": webhooks.shown(webhooks.get(actor(), found["webhook_id"])),
        "body": json.dumps(body, indent=2, ensure_ascii=False) if body else "",
    }
    return tab("webhooks", context, template="webhook_delivery", said=said, tone=tone)
