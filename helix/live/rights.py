"""A version that changes when rights change, so that cached actors are void at once in every web process.

The processes of one machine share a number that changes before the request is answered; other machines are notified
through Redis, within milliseconds.
"""

import logging
from pathlib import Path

from helix.live.listen import listener
from helix.live.publish import RIGHTS, channel
from helix.live.shared_number import SharedNumber
from helix.queue.connection import AWAY, redis

log = logging.getLogger(__name__)

State = tuple[bytes, int]

_number = SharedNumber("rights")
_following = False


def share(folder: Path) -> None:
    """Called once by every process that may change rights. Without a writable folder nothing is cached."""
    _number.share(folder)


def follow() -> None:
    """Follow changes from now on: for processes that cache. Call `share` first."""
    global _following
    _following = True


def state() -> State | None:
    """Stays equal while no rights change. None where this process would not learn of a change."""
    if not _following:
        return None
    here, heard = _number.read(), listener().rights_version()
    return None if here is None or heard is None else (here, heard)


def changed() -> None:
    """Call this after the commit."""
    _number.move()
    try:
        redis().publish(channel(RIGHTS), "")
    except AWAY as error:
        # Without Redis they cache nothing, and never for longer than some seconds.
        log.info("Other machines were not notified of changed rights, Redis is away: %s", error)
