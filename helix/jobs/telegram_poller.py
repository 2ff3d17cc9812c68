"""The scheduler's second thread: polls Telegram for updates, under its own lease."""

import logging
import threading

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from helix.bot import polling
from helix.services import leases

log = logging.getLogger(__name__)

LEASE = "telegram"
# Longer than a poll with its timeout and the handling of its updates.
LEASE_SECONDS = 90.0
POLL_SECONDS = 25
REST_SECONDS = 5.0


class TelegramPoller(threading.Thread):
    """A daemon thread: a poll in progress ends with the process, and Telegram sends its updates again."""

    def __init__(self, app: Flask, holder: str) -> None:
        super().__init__(name="telegram", daemon=True)
        self._app = app
        self._holder = holder
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self._round())

    def stop(self) -> None:
        """Start no further poll, and release the lease for another scheduler."""
        self._stopping.set()
        with self._app.app_context():
            leases.release(LEASE, self._holder)

    def _round(self) -> float:
        try:
            with self._app.app_context():
                if not leases.acquire(LEASE, self._holder, seconds=LEASE_SECONDS):
                    return REST_SECONDS
                return polling.poll(wait_seconds=POLL_SECONDS)
        except SQLAlchemyError as error:
            log.warning("The database did not answer, Telegram will be polled later: %s", error)
        except Exception:
            log.exception("Polling Telegram failed; the next round will retry")
        return REST_SECONDS
