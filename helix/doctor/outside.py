"""The world outside: the address that people type, and what was set up to be reached."""

import socket
from collections.abc import Iterator

from config import Settings
from helix.doctor.finding import Finding, error, ok, warning
from helix.errors import HelixError
from helix.mail.address import SmtpAddress
from helix.services import settings as office
from helix.services.telegram import client
from helix.settings.addresses import web_address
from helix.telegram import TelegramError

PATIENCE = 5.0


def address(settings: Settings) -> Iterator[Finding]:
    if settings.production and settings.public_url is None:
        yield error("PUBLIC_URL is not set.", "Set it to the address that people type: links in mails begin with it.")
    for said in settings.warnings():
        what, _, do = said.partition(". ")
        yield warning(f"{what}.", do)
    typed = office.organization().public_url
    try:
        if typed:
            web_address(typed)
    except ValueError as problem:
        yield error(f"The organization's address {typed} {problem}.", "Correct it in Settings, Organization.")
    yield ok(f"Address: {typed or settings.address}")


def mail(settings: Settings) -> Iterator[Finding]:
    if settings.smtp_url is None:
        return
    try:
        server = SmtpAddress.parse(settings.smtp_url)
        socket.create_connection((server.host, server.port), timeout=PATIENCE).close()
    except (ValueError, OSError) as problem:
        yield error(f"The mail server cannot be reached: {problem}", "Check SMTP_URL and the firewall.")
    else:
        yield ok(f"Mail server {server.host}:{server.port} answers")


def telegram(_settings: Settings) -> Iterator[Finding]:
    if not client.is_enabled(office.organization()):
        return
    try:
        with client.bot(seconds=PATIENCE) as bot:
            me = bot.get_me()
    except (TelegramError, HelixError) as problem:
        yield error(f"Telegram: {problem}", "Check the bot in the settings, and the way to TELEGRAM_API_URL.")
    else:
        yield ok(f"Telegram bot @{me.username}")


CHECKS = (address, mail, telegram)
