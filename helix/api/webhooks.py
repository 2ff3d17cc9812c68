from typing import Any

from helix.api.blueprint import (
    actor,
    array_response,
    no_content,
    page_envelope,
    paginate,
    requested_page,
    signed_in_blueprint,
)
from helix.schemas.common import Error, Paging
from helix.schemas.webhook import (
    DeliveryFull,
    DeliveryPage,
    DeliveryPath,
    DeliveryQuery,
    Replayed,
    ReplayIn,
    WebhookCreated,
    WebhookIn,
    WebhookList,
    WebhookOut,
    WebhookPatch,
    WebhookPath,
)
from helix.services import webhooks
from helix.services.webhooks import DeliveryFilter
from helix.text import times

blueprint = signed_in_blueprint("webhooks", "Webhooks", "/api/webhooks")
delivery_blueprint = signed_in_blueprint("webhook_deliveries", "Webhooks", "/api/webhook-deliveries")
BLUEPRINTS = (blueprint, delivery_blueprint)


@blueprint.get("/", responses={200: WebhookList})
def index(query: Paging) -> Any:
    """Every webhook, by name."""
    found = webhooks.webhooks(actor())
    return array_response(webhooks.serialize_many(paginate(found, query)), len(found), query)


@blueprint.post("/", responses={201: WebhookCreated})
def create(body: WebhookIn) -> Any:
    """Create a webhook. Its secret is only shown in this response."""
    webhook, secret = webhooks.create(actor(), **body.model_dump())
    return {**webhooks.serialize(webhook), "secret": secret}, 201


@blueprint.get("/<int:webhook_id>", responses={200: WebhookOut})
def show(path: WebhookPath) -> Any:
    """One webhook, without its secret."""
    return webhooks.serialize(webhooks.get(actor(), path.webhook_id))


@blueprint.patch("/<int:webhook_id>", responses={200: WebhookOut})
def edit(path: WebhookPath, body: WebhookPatch) -> Any:
    """Change the fields that are sent."""
    return webhooks.serialize(webhooks.edit(actor(), path.webhook_id, body.changes()))


@blueprint.delete("/<int:webhook_id>", responses={204: None})
def delete(path: WebhookPath) -> Any:
    """Delete it with its deliveries. Pending ones are not sent."""
    webhooks.delete(actor(), path.webhook_id)
    return no_content()


@blueprint.post("/<int:webhook_id>/test", responses={200: DeliveryFull, 503: Error})
def test(path: WebhookPath) -> Any:
    """Have a worker send a `webhook.test` event once, even while the webhook is off, and return the outcome."""
    return webhooks.serialize_delivery_in_full(webhooks.test(actor(), path.webhook_id))


@blueprint.post("/<int:webhook_id>/rotate-secret", responses={200: WebhookCreated})
def rotate_secret(path: WebhookPath) -> Any:
    """Create a new secret, shown only in this response. For 24 hours deliveries are signed with the old one too."""
    webhook, secret = webhooks.rotate_secret(actor(), path.webhook_id)
    return {**webhooks.serialize(webhook), "secret": secret}


@blueprint.get("/<int:webhook_id>/deliveries", responses={200: DeliveryPage})
def deliveries(path: WebhookPath, query: DeliveryQuery) -> Any:
    """Its deliveries, sent and pending, newest first."""
    filters = DeliveryFilter(status=query.status, event=query.event)
    found = webhooks.list_deliveries(actor(), path.webhook_id, filters, requested_page(query))
    return page_envelope([webhooks.serialize_delivery(row) for row in found.rows], found, query)


@blueprint.post("/<int:webhook_id>/replay-failed", responses={200: Replayed})
def replay_failed(path: WebhookPath, body: ReplayIn) -> Any:
    """Send all deliveries again that have failed finally since a given time."""
    since = times.beginning(body.since, actor().zone)
    return {"updated": webhooks.replay_failed(actor(), path.webhook_id, since=since)}


@delivery_blueprint.get("/<int:delivery_id>", responses={200: DeliveryFull})
def show_delivery(path: DeliveryPath) -> Any:
    """One delivery with its request and response. The signature is not shown."""
    return webhooks.serialize_delivery_in_full(webhooks.get_delivery(actor(), path.delivery_id))


@delivery_blueprint.post("/<int:delivery_id>/replay", responses={200: DeliveryFull})
def replay(path: DeliveryPath) -> Any:
    """Send it again, with the same `webhook-id`."""
    return webhooks.serialize_delivery_in_full(webhooks.replay(actor(), path.delivery_id))
