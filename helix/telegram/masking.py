"""The Bot API has its token in the address, and httpx writes every address into its log: there it is covered."""

import logging
import re
from typing import Any

TOKEN = re.compile(r"(bot)?(\d{3,}):[A-Za-z0-9_-]{10,}")


def masked(text: str) -> str:
    """The text with every bot token in it covered but for the bot's number."""
    return TOKEN.sub(r"\1\2:***", text)


class _Mask(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = masked(record.getMessage())
        record.args = ()
        return True


def _cover(*names: str) -> None:
    mask: Any = _Mask()
    for name in names:
        logging.getLogger(name).addFilter(mask)


_cover("httpx", "httpcore.connection", "httpcore.http11", "httpcore.proxy")
