"""A client for the organization's bot with the present settings, and the URLs in its messages."""

from flask import current_app

from helix.models import Organization
from helix.services import secrets, settings
from helix.telegram import HttpBot, open_bot


def is_enabled(organization: Organization) -> bool:
    return organization.telegram_enabled and organization.telegram_bot_token_encrypted is not None


def token() -> str | None:
    """The bot token; None without one. Raises KeyMissing if it cannot be decrypted."""
    return secrets.decrypt(settings.organization().telegram_bot_token_encrypted)


def bot(*, seconds: float = 10) -> HttpBot:
    """Use it in a `with`, outside of transactions. `seconds` is the timeout of each step of a call.

    Raises BadToken without a token, KeyMissing if it cannot be decrypted.
    """
    return open_bot(current_app.config["HELIX"].telegram_api_url, token(), seconds=seconds)


def url(path: str) -> str:
    """The public address of a path of this installation."""
    return settings.base_url() + path
