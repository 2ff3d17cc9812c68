"""Outgoing webhooks: signed requests to other systems about what happened, repeated until they confirm.

Deliveries are written by helix/services/activity/outbox.py in the transaction of what they report, and sent by
`channel` with the engine of helix/services/deliveries. `delivery_log` lists, replays and tests them.
"""

from helix.services.webhooks.channel import WEBHOOKS
from helix.services.webhooks.delivery_log import (
    DeliveryFilter,
    get_delivery,
    list_deliveries,
    replay,
    replay_failed,
    serialize_delivery,
    serialize_delivery_in_full,
)
from helix.services.webhooks.delivery_log import test_delivery as test
from helix.services.webhooks.lookup import get, health, serialize, serialize_many, webhooks
from helix.services.webhooks.write import create, delete, edit, rotate_secret

deliver = WEBHOOKS.deliver
deliver_due = WEBHOOKS.deliver_due
is_due = WEBHOOKS.is_due

__all__ = [
    "WEBHOOKS",
    "DeliveryFilter",
    "create",
    "delete",
    "deliver",
    "deliver_due",
    "edit",
    "get",
    "get_delivery",
    "health",
    "is_due",
    "list_deliveries",
    "replay",
    "replay_failed",
    "rotate_secret",
    "serialize",
    "serialize_delivery",
    "serialize_delivery_in_full",
    "serialize_many",
    "test",
    "webhooks",
]
