"""What an agent is writing, passed on to the open pages as it comes."""

import time

from helix import live
from helix.services.runs.claim import Claim

# Often enough to read along, seldom enough that a fast model does not flood the pages.
EVERY_SECONDS = 0.1


class Speaking:
    """Collects the pieces of an answer and publishes them a few times a second."""

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._pieces: list[str] = []
        self._unsaid: list[str] = []
        self._length = 0
        self._said_at = 0.0

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
        if not text:
            return
        live.run_text(self._claim.run_id, self._claim.task_id, self._claim.board_id, text, offset=self._length)
        self._length += len(text)
        self._unsaid.clear()
        self._said_at = time.monotonic()
