""" "Something was written": what was computed from the database holds while nothing was.

The processes of one machine share a number that every commit moves on, before it is answered and before anybody is
told. Other machines hear of a commit by the event that it sends to the open pages.
"""

from pathlib import Path

from helix.live.listen import listener
from helix.live.shared_number import SharedNumber

State = tuple[bytes, int]

_number = SharedNumber("writes")
_following = False


def share(folder: Path) -> None:
    """Every process that writes does this once."""
    _number.share(folder)


def follow() -> None:
    """For processes that remember. `share` comes before."""
    global _following
    _following = True


def state() -> State | None:
    """Something that stays equal while nothing is written. None where this process would not hear of it."""
    if not _following:
        return None
    here, heard = _number.read(), listener().changes_heard()
    return None if here is None or heard is None else (here, heard)


def written() -> None:
    """Call it after every commit, before anything else."""
    _number.move()
