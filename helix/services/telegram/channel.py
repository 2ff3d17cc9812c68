"""Telegram as a channel of the outbox: what is sent, and what each response means for the delivery."""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from flask import current_app
from sqlalchemy import select, update

from helix import clock, live, queue
from helix.backoff import backoff
from helix.db.locking import lock
from helix.db.transaction import transaction
from helix.errors import HelixError
from helix.extensions import db
from helix.models import Delivery, HumanRequest, Notification, Task, User
from helix.models.vocabulary import RequestState, TaskStatus
from helix.services import notifications
from helix.services.deliveries import Channel, Claim
from helix.services.deliveries.telegram_outbox import KINDS, NOTIFICATION, close_questions
from helix.services.telegram import client
from helix.services.telegram.messages import compose
from helix.services.telegram.texts import Message
from helix.telegram import Blocked, Bot, Refused, RetryAfter, TelegramError, open_bot

log = logging.getLogger(__name__)

JOB = "helix.jobs.telegram.deliver_due"

FIRST_WAIT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 1800.0
# With doubled waits, the last attempt comes some hours after the first.
MOST_ATTEMPTS = 14
# A message that waited longer is of no use any more.
TOO_OLD = timedelta(hours=24)
MOST_AT_ONCE = 100


class Prepared(NamedTuple):
    message: Message
    bot_token: str | None


@dataclass(frozen=True)
class Outcome:
    """`reference` is the id of the message in its chat. `error` is None when Telegram took it."""

    message: Message | None = None
    reference: str | None = None
    error: TelegramError | HelixError | None = None


class TelegramChannel(Channel[Delivery, Prepared, Outcome]):
    model = Delivery
    lease = timedelta(seconds=120)
    dropped = "dropped"
    columns = (
        Delivery.channel,
        Delivery.notification_id,
        Delivery.user_id,
        Delivery.recipient,
        Delivery.message_ref,
        Delivery.created_at,
    )

    def prepare(self, claim: Claim) -> Prepared:
        return Prepared(compose(claim.row), client.token())

    def send(self, claim: Claim, message: Prepared, seconds: float) -> Outcome:
        url = current_app.config["HELIX"].telegram_api_url
        try:
            with open_bot(url, message.bot_token, seconds=seconds) as bot:
                return Outcome(message.message, _send(bot, message.message))
        except TelegramError as error:
            return Outcome(message.message, error=error)

    def not_prepared(self, error: HelixError) -> Outcome:
        return Outcome(error=error)

    def settle(self, claim: Claim, outcome: Outcome) -> bool:
        match outcome.error:
            case None:
                return self._delivered(claim, outcome)
            case RetryAfter() as error:
                self._wait_as_asked(claim, error)
            case Blocked() as error:
                self._switch_off(claim, outcome, str(error))
            case Refused() as error:
                log.warning("Telegram refused message %s: %s", claim.id, error)
                self._give_up(claim, str(error))
            case error:
                self._retry_later(claim, str(error))
        return False

    def is_due(self) -> bool:
        return bool(self._due_ids(1))

    def wake_worker(self) -> bool:
        return queue.enqueue(JOB)

    def deliver_due(self, *, seconds: float = 40, timeout: float = 10) -> int:
        deadline = time.monotonic() + seconds
        sent = 0
        for delivery_id in self._due_ids(MOST_AT_ONCE):
            if time.monotonic() > deadline:
                break
            sent += self.deliver(delivery_id, seconds=timeout)
        return sent

    def deliver(self, delivery_id: int, *, seconds: float = 10) -> bool:
        """Send this one, if it is due and no other worker does. True when it was sent."""
        claim = self.claim_one(delivery_id)
        return claim is not None and self.attempt(claim, seconds=seconds)

    def claim_one(self, delivery_id: int) -> Claim | None:
        due = self.due(clock.now())
        return self.claim((Delivery.id == delivery_id) & due & Delivery.channel.in_(KINDS))

    def _due_ids(self, limit: int) -> list[int]:
        due = self.due(clock.now()) & Delivery.channel.in_(KINDS)
        query = select(Delivery.id).where(due).order_by(Delivery.next_at, Delivery.id).limit(limit)
        return list(db.session.scalars(query))

    def _delivered(self, claim: Claim, outcome: Outcome) -> bool:
        message = outcome.message
        assert message is not None
        with transaction() as after_commit:
            task = None
            if message.task_id is not None:
                # A decision locks this row, too: either it sees the sent message, or we see the decision.
                task = lock(Task, message.task_id)
            row = self.locked(claim)
            if row is None:
                return False
            row.status, row.sent_at, row.error = "sent", clock.now(), None
            row.message_ref, row.recipient = outcome.reference, message.chat
            if row.channel == NOTIFICATION:
                notification = db.session.get(Notification, row.notification_id)
                if notification is not None:
                    notification.telegram_sent = True
                    after_commit(live.publish, "notification", notification.id, user_id=notification.user_id)
            if message.request_id is not None:
                request = db.session.get(HumanRequest, message.request_id, populate_existing=True)
                if request is not None and request.state != RequestState.OPEN:
                    notifications.request_closed(request)
            elif task is not None and task.status != TaskStatus.REVIEW:
                close_questions(task.id)
        return True

    def _retry_later(self, claim: Claim, error: str) -> None:
        if claim.attempts >= MOST_ATTEMPTS or _is_too_old(claim):
            log.warning("Message %s was given up: %s", claim.id, error)
            self._give_up(claim, error)
            return
        wait = backoff(claim.attempts, first=FIRST_WAIT_SECONDS, longest=LONGEST_WAIT_SECONDS, jitter=0.25)
        self.update(claim, next_at=clock.now() + timedelta(seconds=wait), error=error)

    def _give_up(self, claim: Claim, error: str) -> None:
        self.update(claim, status="failed", error=error)

    def _wait_as_asked(self, claim: Claim, error: RetryAfter) -> None:
        """Wait as long as Telegram asks, without counting the attempt; the person's other due messages wait, too."""
        if _is_too_old(claim):
            self._give_up(claim, str(error))
            return
        now = clock.now()
        until = now + timedelta(seconds=error.seconds)
        with transaction():
            self.update(claim, next_at=until, attempts=claim.attempts - 1, error=str(error))
            others = self.due(now) & (Delivery.user_id == claim.row.user_id) & Delivery.channel.in_(KINDS)
            postpone = update(Delivery).where(others).values(next_at=until)
            db.session.execute(postpone.execution_options(synchronize_session=False))

    def _switch_off(self, claim: Claim, outcome: Outcome, error: str) -> None:
        """Switch Telegram off for a person who blocked the bot, until they start it and switch Telegram on again."""
        with transaction():
            self._give_up(claim, error)
            user = lock(User, claim.row.user_id)
            chat = outcome.message.chat if outcome.message else None
            if user is None or not user.telegram_notifications or user.telegram_user_id != chat:
                return
            user.telegram_notifications = False
            notifications.telegram_off(user, "The bot may not write to you: it was blocked, or never started.")


TELEGRAM = TelegramChannel()


def _send(bot: Bot, message: Message) -> str:
    if message.edits is not None:
        bot.edit_message(message.chat, message.edits, message.text)
        return str(message.edits)
    sent = bot.send_message(
        message.chat, message.text, buttons=message.buttons, columns=message.columns, ask_reply=message.ask_reply
    )
    return str(sent)


def _is_too_old(claim: Claim) -> bool:
    return clock.now() - claim.row.created_at > TOO_OLD
