from typing import Annotated

from pydantic import BaseModel, Field

from helix.schemas.common import In, Out


class TelegramLinkOut(Out):
    url: str
    """Open it on a device with Telegram, and press Start there. It works once."""
    expires_at: str


class TelegramTestOut(Out):
    success: bool
    message: str


class BotTestOut(TelegramTestOut):
    bot_username: str | None


class TelegramWebhookIn(In):
    enabled: bool
    """True: Telegram sends updates to `public_url`. False: the scheduler polls for them."""


class TelegramWebhookOut(Out):
    enabled: bool


class TelegramWebhookPath(BaseModel):
    secret: Annotated[str, Field(max_length=100)]
