"""Sending one message, or all that are due. A claim makes sure that of several workers one sends it.

A claim moves `next_at` beyond the longest call and is known by it: if the worker dies, the message is due again then.
"""

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from helix import clock, live
from helix.backoff import backoff
from helix.errors import HelixError
from helix.extensions import db
from helix.models import Delivery, Notification, Task, User
from helix.models.vocabulary import TaskStatus
from helix.services import notifications
from helix.services.telegram import deep_links
from helix.services.telegram.messages import Dropped, Letter, write
from helix.services.telegram.outbox import CHANNELS, NEWS, close_questions
from helix.telegram import Blocked, Bot, Refused, RetryAfter, TelegramError
from helix.transaction import end_reading, transaction

log = logging.getLogger(__name__)

CLAIM = timedelta(seconds=120)
FIRST_WAIT_SECONDS = 5.0
LONGEST_WAIT_SECONDS = 1800.0
# With the waits doubled, the last try comes some hours after the first.
MOST_ATTEMPTS = 14
# News that waited longer, for whatever reason, are none any more.
TOO_OLD = timedelta(hours=24)


@dataclass(frozen=True)
class Claim:
    id: int
    channel: str
    notification_id: int | None
    user_id: int | None
    recipient: str
    message_ref: str | None
    attempts: int
    created_at: datetime
    until: datetime


def deliver(delivery_id: int, *, seconds: float = 10) -> bool:
    """Send it, if it is due and nobody else does. True when it was sent. Failures are kept in its row."""
    claim = _claim(delivery_id)
    if claim is None:
        return False
    try:
        letter = write(claim)
        bot = deep_links.bot(seconds=seconds)
    except Dropped as reason:
        _close(claim, "dropped", str(reason))
        return False
    except (TelegramError, HelixError) as error:
        _later(claim, str(error))
        return False
    end_reading()
    try:
        with bot:
            reference = _send(bot, letter)
    except RetryAfter as error:
        _wait(claim, error)
    except Blocked as error:
        _switch_off(claim, letter, str(error))
    except Refused as error:
        log.warning("Telegram refused message %s: %s", claim.id, error)
        _close(claim, "failed", str(error))
    except TelegramError as error:
        _later(claim, str(error))
    else:
        return _sent(claim, letter, reference)
    return False


def deliver_due(*, limit: int = 100, seconds: float = 40, patience: float = 10) -> int:
    """Send what is due, for at most about `seconds`. How many were sent."""
    deadline = time.monotonic() + seconds
    sent = 0
    for delivery_id in due(limit):
        if time.monotonic() > deadline:
            break
        sent += deliver(delivery_id, seconds=patience)
    return sent


def due(limit: int) -> list[int]:
    query = (
        select(Delivery.id)
        .where(Delivery.status == "waiting", Delivery.next_at <= clock.now(), Delivery.channel.in_(CHANNELS))
        .order_by(Delivery.next_at, Delivery.id)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def _claim(delivery_id: int) -> Claim | None:
    now = clock.now()
    with transaction():
        row = db.session.execute(
            update(Delivery)
            .where(Delivery.id == delivery_id, Delivery.status == "waiting", Delivery.next_at <= now)
            .where(Delivery.channel.in_(CHANNELS))
            .values(next_at=now + CLAIM, attempts=Delivery.attempts + 1)
            .returning(
                Delivery.id,
                Delivery.channel,
                Delivery.notification_id,
                Delivery.user_id,
                Delivery.recipient,
                Delivery.message_ref,
                Delivery.attempts,
                Delivery.created_at,
                Delivery.next_at,
            )
        ).first()
        return Claim(*row) if row else None


def _send(bot: Bot, letter: Letter) -> str:
    if letter.edits is not None:
        bot.edit_message(letter.chat, letter.edits, letter.text)
        return str(letter.edits)
    return str(bot.send_message(letter.chat, letter.text, buttons=letter.buttons, ask_reply=letter.ask_reply))


def _settle(claim: Claim, **values: object) -> bool:
    """Write the outcome, if the claim is still ours."""
    query = update(Delivery).where(
        Delivery.id == claim.id, Delivery.status == "waiting", Delivery.next_at == claim.until
    )
    query = query.values(**values).returning(Delivery.id).execution_options(synchronize_session=False)
    ours = db.session.execute(query).first() is not None
    if not ours:
        log.warning("Message %s took longer than its claim; another worker may have sent it again", claim.id)
    return ours


def _sent(claim: Claim, letter: Letter, reference: str) -> bool:
    with transaction() as after_commit:
        task = None
        if letter.buttons:
            # Who decides locks this row, too: either he sees that it was sent, or we see that he decided.
            task = db.session.get(Task, letter.task_id, with_for_update=True, populate_existing=True)
        ours = _settle(
            claim, status="sent", sent_at=clock.now(), message_ref=reference, recipient=letter.chat, error=None
        )
        if ours and claim.channel == NEWS:
            notification = db.session.get(Notification, claim.notification_id)
            if notification is not None:
                notification.telegram_sent = True
                after_commit(live.publish, "notification", notification.id, user_id=notification.user_id)
        if ours and task is not None and task.status != TaskStatus.REVIEW:
            close_questions(task.id)
    return ours


def _close(claim: Claim, status: str, why: str) -> None:
    with transaction():
        _settle(claim, status=status, error=why[:300])


def _later(claim: Claim, why: str) -> None:
    if claim.attempts >= MOST_ATTEMPTS or _is_too_old(claim):
        log.warning("Message %s was given up: %s", claim.id, why)
        _close(claim, "failed", why)
        return
    wait = backoff(claim.attempts, first=FIRST_WAIT_SECONDS, longest=LONGEST_WAIT_SECONDS, jitter=0.25)
    with transaction():
        _settle(claim, next_at=clock.now() + timedelta(seconds=wait), error=why[:300])


def _wait(claim: Claim, error: RetryAfter) -> None:
    """As long as Telegram asks, at no cost of a try; what else is due for this person waits with it."""
    if _is_too_old(claim):
        _close(claim, "failed", str(error))
        return
    now = clock.now()
    until = now + timedelta(seconds=error.seconds)
    with transaction():
        _settle(claim, next_at=until, attempts=claim.attempts - 1, error=str(error))
        others = update(Delivery).where(
            Delivery.status == "waiting", Delivery.next_at <= now, Delivery.user_id == claim.user_id
        )
        others = others.where(Delivery.channel.in_(CHANNELS)).values(next_at=until)
        db.session.execute(others.execution_options(synchronize_session=False))


def _switch_off(claim: Claim, letter: Letter, why: str) -> None:
    with transaction():
        _settle(claim, status="failed", error=why[:300])
        user = db.session.get(User, claim.user_id, with_for_update=True, populate_existing=True)
        if user is None or not user.telegram_notifications or user.telegram_user_id != letter.chat:
            return
        user.telegram_notifications = False
        notifications.telegram_off(user, "The bot may not write to you: it was blocked, or never started.")


def _is_too_old(claim: Claim) -> bool:
    return clock.now() - claim.created_at > TOO_OLD
