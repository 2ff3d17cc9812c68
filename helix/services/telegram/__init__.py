"""Telegram, outbound: people who linked their account get notifications there, with buttons to approve.

A message is a Delivery row until it is sent: see helix/services/deliveries. Inbound updates are handled by helix/bot.
"""

from helix.services.telegram.channel import TELEGRAM
from helix.services.telegram.linking import new_link, unlink
from helix.services.telegram.setup import send_test, test_bot

deliver = TELEGRAM.deliver
deliver_due = TELEGRAM.deliver_due

__all__ = ["TELEGRAM", "deliver", "deliver_due", "new_link", "send_test", "test_bot", "unlink"]
