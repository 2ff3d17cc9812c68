"""Telegram, inbound: updates come by long polling or by webhook, and act with the rights people have at that moment."""

from helix.bot.polling import poll
from helix.bot.updates import handle
from helix.bot.webhook import fits, switch_webhook, take

__all__ = ["fits", "handle", "poll", "switch_webhook", "take"]
