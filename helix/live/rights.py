""" "Somebody's rights changed": told to all web processes, so that what they remember of people is forgotten at once.

The processes of one machine share a number in a file of the data folder, which costs nothing to read and is true
before the change is answered; those of other machines are told through Redis, within milliseconds.
"""

import logging
import mmap
import time
from pathlib import Path

from helix.live.listen import listener
from helix.live.publish import RIGHTS, channel
from helix.queue.connection import AWAY, redis

log = logging.getLogger(__name__)

SIZE = 8

State = tuple[bytes, int]

_shared: mmap.mmap | None = None
_following = False


def share(folder: Path) -> None:
    """Every process that may change rights does this once. Without a folder to write to nothing is remembered."""
    global _shared
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / "rights").open("a+b") as file:
            file.truncate(SIZE)
            _shared = mmap.mmap(file.fileno(), SIZE)
    except OSError as error:
        log.warning("People are looked up at every request: %s cannot be written to (%s).", folder, error.strerror)
        _shared = None


def follow() -> None:
    """Hear of changes from now on: for processes that remember. `share` comes before."""
    global _following
    _following = True


def state() -> State | None:
    """Something that stays equal while nobody's rights change. None where this process would not hear of it."""
    if not _following or _shared is None:
        return None
    heard = listener().rights_heard()
    return None if heard is None else (_shared[:SIZE], heard)


def changed() -> None:
    """Call it after the commit."""
    if _shared is not None:
        _shared[:SIZE] = time.time_ns().to_bytes(SIZE, "little")
    try:
        redis().publish(channel(RIGHTS), "")
    except AWAY as error:
        # They remember nothing while they hear nothing, and never for longer than some seconds.
        log.info("Other machines were not told of changed rights, Redis is away: %s", error)
