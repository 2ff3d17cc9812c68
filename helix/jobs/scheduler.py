"""`helix scheduler`: a loop under a lease, so that several may run but only one is active."""

import logging
import os
import signal
import socket
import threading
from types import FrameType

from flask import Flask
from setproctitle import setproctitle
from sqlalchemy.exc import SQLAlchemyError

from helix.jobs.telegram_poller import TelegramPoller
from helix.services import leases, maintenance

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
LEASE_SECONDS = 20.0


def main(app: Flask) -> int:
    """Run until SIGTERM or SIGINT. Returns the exit code."""
    setproctitle("helix scheduler")
    stop = threading.Event()

    def request_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, request_stop)

    holder = f"{socket.gethostname()}:{os.getpid()}"
    poller = TelegramPoller(app, holder)
    poller.start()
    log.info("Scheduler ready, a round every %.0f s", EVERY_SECONDS)
    while True:
        with app.app_context():
            tick(holder)
        if stop.wait(EVERY_SECONDS):
            break
    with app.app_context():
        leases.release("scheduler", holder)
    poller.stop()
    return 0


def tick(holder: str) -> bool:
    """One round of maintenance, if this process has the lease. Errors are logged, and the next round retries."""
    try:
        if not leases.acquire("scheduler", holder, seconds=LEASE_SECONDS):
            return False
        maintenance.tick()
    except SQLAlchemyError as error:
        log.warning("The database did not answer, the next round will retry: %s", error)
        return False
    except Exception:
        log.exception("A round of the scheduler failed; the next one will retry")
        return False
    return True
