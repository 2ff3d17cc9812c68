"""Outgoing webhooks: addresses of others that are told what happened, signed, again and again until they say yes.

Deliveries are written by helix/services/activity/outbox.py in the transaction of what they tell of. `sending` claims
and sends them, `deliveries` is their log, `trial` sends one that tells of nothing.
"""

from helix.services.webhooks.deliveries import DeliveryFilter, delivery, listed, replay, replay_failed
from helix.services.webhooks.lookup import get, health, shown, shown_all, webhooks
from helix.services.webhooks.sending import deliver, deliver_due, is_due
from helix.services.webhooks.serialize import shown_delivery, shown_delivery_in_full
from helix.services.webhooks.trial import test
from helix.services.webhooks.write import create, delete, edit, rotate_secret

__all__ = [
    "DeliveryFilter",
    "create",
    "delete",
    "deliver",
    "deliver_due",
    "delivery",
    "edit",
    "get",
    "health",
    "is_due",
    "listed",
    "replay",
    "replay_failed",
    "rotate_secret",
    "shown",
    "shown_all",
    "shown_delivery",
    "shown_delivery_in_full",
    "test",
    "webhooks",
]
