"""Retries writes while the database is unavailable, so that an answer that was paid for is not lost."""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.exc import OperationalError

from helix.backoff import backoff
from helix.extensions import db

T = TypeVar("T")
log = logging.getLogger(__name__)

PATIENCE_SECONDS = 25.0  # less than a silent worker is given
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.2, 5.0


def retry_on_db_loss(finish: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call `finish` again while the database is unavailable or aborted it because of a deadlock.

    Only for what is one transaction under the fence: when a commit went through after all, the next try finds
    the fence void and raises ClaimLost.
    """
    until, attempt = time.monotonic() + PATIENCE_SECONDS, 0
    while True:
        try:
            return finish(*args, **kwargs)
        except OperationalError as error:
            attempt += 1
            wait = backoff(attempt, first=FIRST_WAIT_SECONDS, longest=LONGEST_WAIT_SECONDS)
            if time.monotonic() + wait > until:
                raise
            log.warning("The database did not answer, trying again in %.1f s: %s", wait, error.orig)
        db.session.rollback()
        time.sleep(wait)
