"""Telegram, inbound: updates come by long polling or webhook, and are handled with the sender's present rights."""

from helix.bot.polling import poll
from helix.bot.updates import handle
from helix.bot.webhook import fits, switch_webhook, take

__all__ = ["fits", "handle", "poll", "switch_webhook", "take"]
