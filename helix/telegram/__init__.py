"""Telegram's Bot API behind a small port: plain values in, typed failures out, the token never in a log or an error.

with open_bot(base_url, token) as bot:
    bot.send_message("1234567", "<b>Done</b>")
"""

from helix.telegram.bot import Bot, Button, Me
from helix.telegram.failures import BadToken, Blocked, Busy, Refused, RetryAfter, TelegramError, Temporary
from helix.telegram.http_bot import HttpBot, open_bot
from helix.telegram.updates import Message, Press, Update, read_update

__all__ = [
    "BadToken",
    "Blocked",
    "Bot",
    "Busy",
    "Button",
    "HttpBot",
    "Me",
    "Message",
    "Press",
    "Refused",
    "RetryAfter",
    "TelegramError",
    "Temporary",
    "Update",
    "open_bot",
    "read_update",
]
