"""Does a model repeat itself for ever?"""

# So long a stretch of one pattern is no table, no ruler and no indentation any more.
LOOP_LETTERS = 20_000
LONGEST_PATTERN = 1_000
_EVERY = 4_000


class Looping:
    """Fed with an answer's pieces as they come."""

    def __init__(self) -> None:
        self._tail = ""
        self._unseen = 0

    def is_looping(self, piece: str) -> bool:
        """Whether the last 20,000 letters are one pattern of at most 1,000, over and over."""
        self._tail += piece
        self._unseen += len(piece)
        if self._unseen < _EVERY:
            return False
        self._tail, self._unseen = self._tail[-LOOP_LETTERS:], 0
        return len(self._tail) == LOOP_LETTERS and _is_periodic(self._tail)


def _is_periodic(text: str) -> bool:
    period = text.find(text[:LONGEST_PATTERN], 1, 2 * LONGEST_PATTERN)
    return period > 0 and text.startswith(text[period:])
