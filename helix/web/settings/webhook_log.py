"""The delivery log of a webhook, and single deliveries."""

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
from helix.web.admins import require_admin
from helix.web.blueprint import actor, is_htmx_request, redirect_to, render_partial, signed_in_blueprint
from helix.web.forms import int_or_none
from helix.web.settings.tabs import render_tab

blueprint = signed_in_blueprint("webhook_log")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
PAGE_SIZE = 50


@blueprint.get("/settings/webhooks/<int:webhook_id>/log")
def show_log(webhook_id: int) -> ResponseReturnValue:
    """The log without its page: filtered by `?status=`, after the cursor `?after=`."""
    webhook = webhooks.get(actor(), webhook_id)
    if not is_htmx_request():
        query = urlencode(request.args)
        return redirect_to(f"/settings/webhooks/{webhook_id}" + (f"?{query}" if query else ""))
    return render_partial("settings/_webhook_log.html", **delivery_log(webhook))


def _next(row: WebhookDelivery, webhook: Webhook) -> datetime | None:
    """The time of the next attempt, respecting the webhook's pause. None if it is due now or none is planned."""
    if row.status != WebhookStatus.WAITING or not row.attempts or not webhook.is_active:
        return None
    at = max(row.next_at, webhook.rests_until or row.next_at)
    return at if at > clock.now() else None


def delivery_log(webhook: Webhook) -> dict[str, Any]:
    """The webhook and its log, for the query string of the request."""
    named = request.args.get("status", "")
    status = WebhookStatus(named) if named in list(WebhookStatus) else None
    after = int_or_none(request.args, "after")
    found = webhooks.list_deliveries(actor(), webhook.id, DeliveryFilter(status), PageRequest(PAGE_SIZE, after=after))
    serialized = webhooks.serialize(webhook)
    return {
        "webhook": serialized,
        "may_replay_failed": serialized["is_active"] and serialized["failed"] > 0,
        "deliveries": [{**webhooks.serialize_delivery(row), "next": _next(row, webhook)} for row in found.rows],
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
        message, tone = "The delivery will be sent again.", "ok"
    except Conflict as error:
        message, tone = error.message, "warn"
    if not is_htmx_request():
        flash(message, tone)
        return redirect_to(f"/settings/webhook-deliveries/{delivery_id}")
    return _delivery(delivery_id, message=message, tone=tone)


def _delivery(delivery_id: int, *, message: str = "", tone: str = "ok") -> ResponseReturnValue:
    found = webhooks.serialize_delivery_in_full(webhooks.get_delivery(actor(), delivery_id))
    body = found["request_body"]
    waits = found["status"] == WebhookStatus.WAITING
    context = {
        "delivery": found | {"waits": waits, "may_be_replayed": not waits or found["attempts"] > 0},
        "webhook": webhooks.serialize(webhooks.get(actor(), found["webhook_id"])),
        "body": json.dumps(body, indent=2, ensure_ascii=False) if body else "",
    }
    return render_tab("webhooks", context, template="webhook_delivery", message=message, tone=tone)
