"""The scheduler's second thread: waits for what people do in Telegram, under a lease of its own."""

import logging
import threading

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from helix.services import leases, telegram

log = logging.getLogger(__name__)

LEASE = "telegram"
# Longer than a poll, its patience and its handling together.
LEASE_SECONDS = 90.0
POLL_SECONDS = 25
REST_SECONDS = 5.0


class TelegramPoller(threading.Thread):
    """A daemon: a poll under way ends with the process, and its updates come again."""

    def __init__(self, app: Flask, holder: str) -> None:
        super().__init__(name="telegram", daemon=True)
        self._app = app
        self._holder = holder
        self._stopping = threading.Event()

    def run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self._round())

    def stop(self) -> None:
        """Begin nothing more, and let another scheduler take over."""
        self._stopping.set()
        with self._app.app_context():
            leases.release(LEASE, self._holder)

    def _round(self) -> float:
        try:
            with self._app.app_context():
                if not leases.acquire(LEASE, self._holder, seconds=LEASE_SECONDS):
                    return REST_SECONDS
                return telegram.poll(wait_seconds=POLL_SECONDS)
        except SQLAlchemyError as error:
            log.warning("The database did not answer, Telegram is asked again later: %s", error)
        except Exception:
            log.exception("A round with Telegram broke; the next one tries again")
        return REST_SECONDS
