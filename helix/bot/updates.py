"""What people do in Telegram. Each update may come twice: what it does, it does once."""

import logging

from helix.bot import callbacks
from helix.db.transaction import end_reading
from helix.errors import Conflict
from helix.models import User
from helix.services import accounts
from helix.services.telegram import linking, messages
from helix.telegram import Bot, Message, Press, TelegramError, Update

log = logging.getLogger(__name__)

STRANGER = (
    "This bot brings news from HELIX Mission Control. To link your account, open your settings there and "
    "choose “Link Telegram”."
)
BAD_CODE = "This link was used already or is too old. Make a new one in your settings and open that."
LINKED = "Linked with {name}. News go here from now on; /stop ends that."
STOPPED = "Unlinked. No more news go here. To come back, make a new link in your settings."
HELP = "You are linked as {name}. Results that wait for you come with buttons here; /stop unlinks this chat."


def handle(bot: Bot, update: Update) -> None:
    """Do what the update asks for, with the rights that its sender has right now."""
    if update.press is not None:
        _answer(bot, update.press, callbacks.answer_press(update.press.sender, update.press.data))
    elif update.message is not None and update.message.private:
        words = _message(update.message)
        if words:
            _reply(bot, update.message, words)


def _message(message: Message) -> str | None:
    """What to answer."""
    command, _, rest = message.text.strip().partition(" ")
    user = linking.person_behind(message.sender)
    if command == "/start" and rest.strip():
        return _start(message.sender, rest.strip(), user)
    if user is None:
        return STRANGER if command == "/start" else None
    if command == "/stop":
        actor = accounts.actor_by_id(user.id)
        if actor is not None:
            linking.unlink(actor)
        return STOPPED
    if message.reply_to is not None:
        answer = callbacks.feedback(user, message.reply_to, message.text)
        if answer is not None:
            return answer
    return HELP.format(name=user.name)


def _start(sender: str, code: str, user: User | None) -> str:
    try:
        linked = linking.link_by_code(code, sender)
    except Conflict as taken:
        return taken.message
    if linked is not None:
        return LINKED.format(name=linked.name)
    # The same update again, or pressed twice: what it asked for is true.
    return HELP.format(name=user.name) if user is not None else BAD_CODE


def _reply(bot: Bot, message: Message, words: str) -> None:
    end_reading()
    try:
        bot.send_message(message.sender, messages.escaped(words, 1000))
    except TelegramError as error:
        log.info("An answer in Telegram was not delivered: %s", error)


def _answer(bot: Bot, press: Press, words: str) -> None:
    end_reading()
    try:
        bot.answer_callback(press.id, words)
    except TelegramError as error:
        # Telegram takes answers for some minutes only; what was pressed is done all the same.
        log.info("A pressed button was not answered: %s", error)
