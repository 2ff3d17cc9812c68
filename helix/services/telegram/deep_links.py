"""The organization's bot, as it is set up right now."""

from flask import current_app

from helix.models import Organization
from helix.services import secrets, settings
from helix.telegram import HttpBot, open_bot


def is_on(organization: Organization) -> bool:
    return organization.telegram_enabled and organization.telegram_bot_token_encrypted is not None


def bot(*, seconds: float = 10) -> HttpBot:
    """To use in a `with`, with no transaction open. Raises BadToken without one, KeyMissing if it cannot be read."""
    token = secrets.decrypt(settings.organization().telegram_bot_token_encrypted)
    return open_bot(current_app.config["HELIX"].telegram_api_url, token, seconds=seconds)


def address(path: str) -> str:
    """A path of ours as people outside can open it."""
    return settings.base_url() + path
