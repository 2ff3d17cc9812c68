"""What an agent is writing, passed on to the open pages as it comes."""

import time

from helix import live
from helix.services.runs.claim import Claim

# Often enough to read along, seldom enough that a fast model does not flood the pages.
EVERY_SECONDS = 0.1
# A Redis that cannot be reached costs seconds a try, which the model must not wait for again and again.
DEAF_SECONDS = 10.0


class Speaking:
    """Collects the pieces of an answer and publishes them a few times a second."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._pieces: list[str] = []
        self._unsaid: list[str] = []
        self._length = 0
        self._said_at = 0.0
        self._silent_until = 0.0

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def say(self, piece: str) -> None:
        self._pieces.append(piece)
        self._unsaid.append(piece)
        if time.monotonic() - self._said_at >= EVERY_SECONDS:
            self._publish()

    def end(self) -> None:
        self._publish()

    def _publish(self) -> None:
        text = "".join(self._unsaid)
        if not text or time.monotonic() < self._silent_until:
            return
        where = self._claim.run_id, self._claim.task_id, self._claim.board_id
        if not live.run_text(*where, text, offset=self._length):
            self._silent_until = time.monotonic() + DEAF_SECONDS
            return
        self._length += len(text)
        self._unsaid.clear()
        self._said_at = time.monotonic()
