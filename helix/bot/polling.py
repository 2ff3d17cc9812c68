"""Long polling, for installations that Telegram cannot reach by webhook."""

import logging

from sqlalchemy.exc import SQLAlchemyError

from helix.bot.updates import handle
from helix.db.locking import lock_one
from helix.db.transaction import end_reading, transaction
from helix.errors import HelixError
from helix.models import Organization
from helix.services import secrets, settings
from helix.services.telegram import client
from helix.telegram import BadToken, Bot, Busy, RetryAfter, TelegramError

log = logging.getLogger(__name__)

PAUSE_WHEN_OFF = 5.0
PAUSE_AFTER_FAILURE = 10.0
PAUSE_WITH_BAD_TOKEN = 60.0


def poll(*, wait_seconds: int) -> float:
    """One round: wait for updates and handle them. Returns how many seconds to pause before the next."""
    organization = settings.organization()
    if not client.is_enabled(organization) or organization.telegram_webhook:
        return PAUSE_WHEN_OFF
    try:
        with client.bot() as bot:
            return _round(bot, wait_seconds)
    except RetryAfter as error:
        return error.seconds
    except BadToken as error:
        log.warning("Updates cannot be fetched from Telegram: %s", error)
        return PAUSE_WITH_BAD_TOKEN
    except (TelegramError, HelixError) as error:
        log.info("Updates could not be fetched from Telegram: %s", error)
        return PAUSE_AFTER_FAILURE


def _round(bot: Bot, wait_seconds: int) -> float:
    offset = _offset()
    end_reading()
    try:
        updates = bot.get_updates(offset, wait_seconds=wait_seconds)
    except Busy as busy:
        if not busy.webhook:
            raise
        # A webhook of an earlier configuration is set: Telegram refuses polling until it is deleted.
        bot.delete_webhook()
        return 0
    for update in updates:
        try:
            handle(bot, update)
        except SQLAlchemyError:
            raise  # the database is away: the next round fetches the update again
        except Exception:
            log.exception("Update %s from Telegram could not be handled and is skipped", update.id)
        _store_offset(update.id + 1)
    return 0


def _bot_id() -> str:
    """The id of the bot: the part of its token before the colon."""
    token = secrets.decrypt(settings.organization().telegram_bot_token_encrypted) or ""
    return token.partition(":")[0][:20]


def _offset() -> int:
    organization = settings.organization()
    return organization.telegram_update_offset if organization.telegram_update_bot == _bot_id() else 0


def _store_offset(offset: int) -> None:
    bot_id = _bot_id()
    with transaction():
        row = lock_one(Organization, 1)
        row.telegram_update_bot, row.telegram_update_offset = bot_id, offset
