"""Publishes the text of a running call to open pages as it arrives, its complete blocks rendered.

Each block is rendered once, here, however many pages show it.
"""

import logging
import time
from collections.abc import Callable

from sqlalchemy import bindparam, select

from helix import live
from helix.db.read import rows
from helix.models import Task
from helix.models.types import Id
from helix.services.runs.claim import Claim
from helix.text import markdown
from helix.text.streamed_blocks import completed_length

log = logging.getLogger(__name__)

# Often enough to read along, rarely enough not to flood the pages.
EVERY_SECONDS = 0.1
# Publishing to an unreachable Redis takes seconds; do not delay the model call by repeated attempts.
PAUSE_SECONDS = 10.0
_BOARD = select(Task.board_id).where(Task.id == bindparam("task", type_=Id), Task.deleted_at.is_(None))


def board_of(task_id: int) -> int | None:
    """The id of the task's current board; None for a deleted task."""
    tasks = rows(_BOARD, task=task_id)
    return tasks[0].board_id if tasks else None


class StreamedText:
    """Collects the pieces of an answer and publishes them a few times a second.

    Errors in publishing are logged and never stop the answer.
    """

    def __init__(self, claim: Claim, *, board_now: Callable[[], int | None] | None = None) -> None:
        """`board_now` returns the board for which text is published; called each time, as the task may move."""
        self._claim = claim
        self._board_now = board_now or (lambda: claim.board_id)
        self._pieces: list[str] = []
        self._pending: list[str] = []
        self._length = 0
        # The end of the published text that is not rendered yet.
        self._rest = ""
        self._published_at = 0.0
        self._paused_until = 0.0

    @property
    def text(self) -> str:
        return "".join(self._pieces)

    def add(self, piece: str) -> None:
        self._pieces.append(piece)
        self._pending.append(piece)
        if time.monotonic() - self._published_at >= EVERY_SECONDS:
            self._publish()

    def restart(self) -> None:
        """Discard the text so far, which was not part of the answer; the pages restart with what follows."""
        self._pieces.clear()
        self._pending.clear()
        self._length = 0
        self._rest = ""

    def end(self) -> None:
        self._publish()

    def _publish(self) -> None:
        text = "".join(self._pending)
        if not text or time.monotonic() < self._paused_until:
            return
        rest = self._rest + text
        if not self._was_published(text, rest):
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            return
        self._length += len(text)
        self._rest = rest[completed_length(rest) :]
        self._pending.clear()
        self._published_at = time.monotonic()

    def _was_published(self, text: str, rest: str) -> bool:
        """`rest` is what was not rendered yet, with `text` at its end."""
        try:
            board_id = self._board_now()
            if board_id is None:
                return False
            done = completed_length(rest)
            html = markdown.render(rest[:done]) if done else ""
            run_id, task_id = self._claim.run_id, self._claim.task_id
            return live.run_text(run_id, task_id, board_id, text, offset=self._length, html=html, rest=rest[done:])
        except Exception:
            log.exception("What run %s writes could not be published", self._claim.run_id)
            return False
