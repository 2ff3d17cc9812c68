"""A version that changes with every commit: what was computed from the database holds while it stays equal.

The processes of one machine share a number that every commit changes, before the request is answered and before events
are published. Other machines learn of a commit by the event that it sends to the open pages.
"""

from pathlib import Path

from helix.live.listen import listener
from helix.live.shared_number import SharedNumber

State = tuple[bytes, int]

_number = SharedNumber("writes")
_following = False


def share(folder: Path) -> None:
    """Called once by every process that writes."""
    _number.share(folder)


def follow() -> None:
    """For processes that cache. Call `share` first."""
    global _following
    _following = True


def state() -> State | None:
    """Stays equal while nothing is written. None where this process would not learn of a write."""
    if not _following:
        return None
    here, heard = _number.read(), listener().changes_version()
    return None if here is None or heard is None else (here, heard)


def written() -> None:
    """Call this after every commit, before anything else."""
    _number.move()
