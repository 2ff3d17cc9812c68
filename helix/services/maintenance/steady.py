"""Has the clock of this machine jumped? Silence is told by it, and who is alive must not be taken for dead."""

import time

from helix import clock

# Workers have told of themselves several times in this, by the new time.
REST_SECONDS = 30.0
JUMP_SECONDS = 5.0


class SteadyClock:
    """Asked at every round. Wall-clock time is compared with the time since the machine started."""

    def __init__(self) -> None:
        self._offset: float | None = None
        self._rest_until = 0.0

    def is_steady(self) -> bool:
        """False from the round after a jump on, for half a minute."""
        offset = clock.now().timestamp() - time.monotonic()
        if self._offset is not None and abs(offset - self._offset) > JUMP_SECONDS:
            self._rest_until = time.monotonic() + REST_SECONDS
        self._offset = offset
        return time.monotonic() >= self._rest_until
