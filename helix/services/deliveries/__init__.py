"""The outbox: messages to other systems that wait in the database until they have left.

A delivery is a row, written in the transaction of what it reports. Workers claim rows that are due, attempt them and
record the outcome; jobs in the queue only make that happen sooner. `Channel` is what Telegram and webhooks share;
each implements it in its own package above this one. Rows for Telegram are written by `telegram_outbox`, those for
webhooks by `services/activity/outbox.py`.
"""

from helix.services.deliveries.channel import Channel, Claim, Dropped

__all__ = ["Channel", "Claim", "Dropped"]
