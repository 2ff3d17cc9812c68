"""Claim a delivery that is due, attempt it, record the outcome: the same for every channel.

A claim moves `next_at` past the longest attempt and is identified by it. Of several workers one gets the row, and if
that worker dies, the row is due again when the lease ends. So a delivery is sent at least once, and possibly twice.
"""

import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, update

from helix import clock
from helix.db.locking import lock
from helix.db.transaction import end_reading, transaction
from helix.errors import HelixError
from helix.extensions import db
from helix.models import Delivery, WebhookDelivery

log = logging.getLogger(__name__)

Row = TypeVar("Row", Delivery, WebhookDelivery)
Message = TypeVar("Message")
Outcome = TypeVar("Outcome")

WAITING = "waiting"
LONGEST_ERROR = 300  # characters


class Dropped(Exception):
    """The delivery is not to be sent any more. The message says why."""


@dataclass(frozen=True)
class Claim:
    """A row that this worker may attempt until its lease ends. `attempts` includes this one.

    `row` has the columns that the channel asked for, as they were when it was claimed.
    """

    id: int
    attempts: int
    started_at: datetime
    until: datetime
    row: Any


class Channel(ABC, Generic[Row, Message, Outcome]):
    """`lease` is longer than any attempt takes. `dropped` is the status of a row that has nothing left to send.

    `columns` are those that a claim carries.
    """

    model: type[Row]
    lease: ClassVar[timedelta]
    dropped: ClassVar[str]
    columns: ClassVar[Sequence[Any]]

    @abstractmethod
    def prepare(self, claim: Claim) -> Message:
        """What to send. Raises Dropped, or HelixError when it cannot be prepared now."""

    @abstractmethod
    def send(self, claim: Claim, message: Message, seconds: float) -> Outcome:
        """One attempt, outside of transactions. Errors are outcomes, not exceptions."""

    @abstractmethod
    def not_prepared(self, error: HelixError) -> Outcome:
        """The outcome of an attempt that `prepare` ended."""

    @abstractmethod
    def settle(self, claim: Claim, outcome: Outcome) -> bool:
        """Record the outcome: delivered, due again later, or given up. True when it was delivered."""

    @abstractmethod
    def is_due(self) -> bool: ...

    @abstractmethod
    def wake_worker(self) -> bool:
        """Have a worker of the quick queue send what is due. False when the queue is unreachable."""

    @abstractmethod
    def deliver_due(self, *, seconds: float, timeout: float) -> int:
        """Send what is due, starting nothing after `seconds`; one attempt takes at most `timeout`. Returns how many."""

    def due(self, now: datetime) -> ColumnElement[bool]:
        return (self.model.status == WAITING) & (self.model.next_at <= now)

    def claim(self, which: ColumnElement[bool], **values: Any) -> Claim | None:
        """Claim the row that `which` selects, if there is one. `which` has to include that the row is waiting."""
        now = clock.now()
        row = self.model
        with transaction():
            claimed = db.session.execute(
                update(row)
                .where(which)
                .values(next_at=now + self.lease, attempts=row.attempts + 1, **values)
                .returning(row.id, row.attempts, row.next_at, *self.columns)
                .execution_options(synchronize_session=False)
            ).first()
        if claimed is None:
            return None
        return Claim(claimed.id, claimed.attempts, claimed.next_at - self.lease, claimed.next_at, claimed)

    def attempt(self, claim: Claim, *, seconds: float) -> bool:
        """Send what was claimed and record the outcome. True when it was delivered."""
        try:
            message = self.prepare(claim)
        except Dropped as reason:
            self.update(claim, status=self.dropped, error=str(reason))
            return False
        except HelixError as error:
            return self.settle(claim, self.not_prepared(error))
        end_reading()
        return self.settle(claim, self.send(claim, message, seconds))

    def locked(self, claim: Claim) -> Row | None:
        """Inside a transaction: the claimed row, locked. None when the claim no longer holds."""
        row = lock(self.model, claim.id)
        if row is None or row.status != WAITING or row.next_at != claim.until:
            log.warning("%s %s outlived its lease, or was changed or deleted meanwhile", self.model.__name__, claim.id)
            return None
        return row

    def update(self, claim: Claim, *, error: str, **values: Any) -> None:
        """Record an attempt that did not deliver, unless the claim no longer holds."""
        with transaction():
            row = self.locked(claim)
            if row is not None:
                for name, value in values.items():
                    setattr(row, name, value)
                row.error = error[:LONGEST_ERROR]
