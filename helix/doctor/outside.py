"""Checks of external connections: public address, mail server and Telegram."""

import socket
from collections.abc import Iterator

from helix.doctor.finding import Finding, error, ok, warning
from helix.errors import HelixError
from helix.mail.address import SmtpAddress
from helix.services import settings as organization_settings
from helix.services.telegram import client
from helix.settings import Settings
from helix.settings.urls import parse_public_url
from helix.telegram import TelegramError

TIMEOUT_SECONDS = 5.0


def address(settings: Settings) -> Iterator[Finding]:
    if settings.production and settings.public_url is None:
        yield error("PUBLIC_URL is not set.", "Set it to the address that people type: links in mails begin with it.")
    for message in settings.warnings():
        what, _, do = message.partition(". ")
        yield warning(f"{what}.", do)
    public_url = organization_settings.organization().public_url
    try:
        if public_url:
            parse_public_url(public_url)
    except ValueError as problem:
        yield error(f"The organization's address {public_url} {problem}.", "Correct it in Settings, Organization.")
    yield ok(f"Address: {public_url or settings.base_url}")


def mail(settings: Settings) -> Iterator[Finding]:
    if settings.smtp_url is None:
        return
    try:
        server = SmtpAddress.parse(settings.smtp_url)
        socket.create_connection((server.host, server.port), timeout=TIMEOUT_SECONDS).close()
    except (ValueError, OSError) as problem:
        yield error(f"The mail server cannot be reached: {problem}", "Check SMTP_URL and the firewall.")
    else:
        yield ok(f"Mail server {server.host}:{server.port} answers")


def telegram(_settings: Settings) -> Iterator[Finding]:
    if not client.is_enabled(organization_settings.organization()):
        return
    try:
        with client.bot(seconds=TIMEOUT_SECONDS) as bot:
            me = bot.get_me()
    except (TelegramError, HelixError) as problem:
        yield error(f"Telegram: {problem}", "Check the bot in the settings, and the way to TELEGRAM_API_URL.")
    else:
        yield ok(f"Telegram bot @{me.username}")


CHECKS = (address, mail, telegram)
