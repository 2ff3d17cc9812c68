"""Handles updates: commands, replies and pressed buttons. An update may come twice and takes effect once."""

import logging

from helix.bot import answers, callbacks
from helix.db.transaction import end_reading
from helix.errors import Conflict
from helix.models import User
from helix.services import accounts
from helix.services.telegram import linking, texts
from helix.telegram import Bot, Message, Press, TelegramError, Update

log = logging.getLogger(__name__)

NOT_LINKED = (
    "This bot sends notifications from HELIX Mission Control. To link your account, open your settings there and "
    "choose “Link Telegram”."
)
BAD_CODE = "This link was used already or is too old. Create a new one in your settings and open that."
LINKED = "Linked with {name}. You get notifications here from now on. Send /stop to end that."
STOPPED = "Unlinked. You get no more notifications here. To link again, create a new link in your settings."
HELP = (
    "You are linked as {name}. Results and questions that wait for you can be answered here; /stop unlinks this chat."
)


def handle(bot: Bot, update: Update) -> None:
    """Handle an update with the rights that its sender has now."""
    if update.press is not None:
        _answer(bot, update.press, callbacks.answer_press(update.press.sender, update.press.data))
    elif update.message is not None and update.message.private:
        words = _message(update.message)
        if words:
            _reply(bot, update.message, words)


def _message(message: Message) -> str | None:
    """Handle a message. Returns the answer, if there is one."""
    command, _, rest = message.text.strip().partition(" ")
    user = linking.person_behind(message.sender)
    if command == "/start" and rest.strip():
        return _start(message.sender, rest.strip(), user)
    if user is None:
        return NOT_LINKED if command == "/start" else None
    if command == "/stop":
        actor = accounts.actor_by_id(user.id)
        if actor is not None:
            linking.unlink(actor)
        return STOPPED
    if message.reply_to is not None:
        answer = callbacks.feedback(user, message.reply_to, message.text)
        if answer is None:
            answer = answers.reply(user, message.reply_to, message.text)
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
    # The same update again, or Start pressed twice: the account is linked already.
    return HELP.format(name=user.name) if user is not None else BAD_CODE


def _reply(bot: Bot, message: Message, words: str) -> None:
    end_reading()
    try:
        bot.send_message(message.sender, texts.escaped(words, 1000))
    except TelegramError as error:
        log.info("An answer in Telegram was not delivered: %s", error)


def _answer(bot: Bot, press: Press, words: str) -> None:
    end_reading()
    try:
        bot.answer_callback(press.id, words)
    except TelegramError as error:
        # Telegram accepts answers for some minutes only. The action itself has been done.
        log.info("A pressed button was not answered: %s", error)
