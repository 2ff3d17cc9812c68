""" "Somebody's rights changed": told to all web processes, so that what they remember of people is forgotten at once.

The processes of one machine share a number, which is true before the change is answered; those of other machines are
told through Redis, within milliseconds.
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
    """Every process that may change rights does this once. Without a folder to write to nothing is remembered."""
    _number.share(folder)


def follow() -> None:
    """Hear of changes from now on: for processes that remember. `share` comes before."""
    global _following
    _following = True


def state() -> State | None:
    """Something that stays equal while nobody's rights change. None where this process would not hear of it."""
    if not _following:
        return None
    here, heard = _number.read(), listener().rights_heard()
    return None if here is None or heard is None else (here, heard)


def changed() -> None:
    """Call it after the commit."""
    _number.move()
    try:
        redis().publish(channel(RIGHTS), "")
    except AWAY as error:
        # They remember nothing while they hear nothing, and never for longer than some seconds.
        log.info("Other machines were not told of changed rights, Redis is away: %s", error)
