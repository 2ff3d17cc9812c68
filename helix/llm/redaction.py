"""A provider may put the key that we sent it into its answer: it is covered before anybody sees or keeps it."""

MARK = "***"
# What is shorter is a word like "none", which local servers are given, and may well be meant.
SHORTEST = 12


class Covering:
    """Takes a key out of a text that comes in pieces, also where it is cut in two."""

    def __init__(self, key: str | None) -> None:
        self._key = key if key and len(key) >= SHORTEST else ""
        self._held = ""

    def take(self, piece: str) -> str:
        """What can be said by now. What may be the beginning of the key waits for the next piece."""
        if not self._key:
            return piece
        text = (self._held + piece).replace(self._key, MARK)
        begun = self._begun(text)
        self._held = text[len(text) - begun :]
        return text[: len(text) - begun]

    def rest(self) -> str:
        """What still waits when nothing more comes: it was not the key."""
        held, self._held = self._held, ""
        return held

    def _begun(self, text: str) -> int:
        """How many of the last letters may be the first of the key."""
        most = min(len(self._key) - 1, len(text))
        return next((length for length in range(most, 0, -1) if text.endswith(self._key[:length])), 0)
