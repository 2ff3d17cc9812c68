"""The text of an answer as it streams in: valid Unicode, with the API key redacted and reasoning separated.

Text is cleaned here and nowhere later.
"""

from collections.abc import Callable
from typing import Any

from helix.llm.reasoning import ThoughtSplitter
from helix.text.cleaning import clean

OnText = Callable[[str], Any]

REDACTED = "***"
# Shorter keys are words like "none", which local servers are given and which may be part of an answer.
SHORTEST_KEY = 12
# One pattern over so many characters is no table, ruler or indentation any more.
REPEATED_CHARACTERS = 20_000
LONGEST_PATTERN = 1_000
_CHECK_EVERY = 4_000


class AnswerStream:
    """`on_text` gets the pieces of the answer; `on_restart` is called when the pieces so far were no answer."""

    def __init__(self, key: str | None, on_text: OnText | None, on_restart: Callable[[], Any] | None) -> None:
        self._on_text = on_text or _ignore
        self._on_restart = on_restart or _ignore
        self._text: list[str] = []
        self._thoughts: list[str] = []
        self._splitter = ThoughtSplitter(self._append_text, self._thoughts.append, self._restart)
        # Separate decoders, because the chunks of the answer and of reasoning are cut at different places.
        self._text_decoder, self._thought_decoder = _ChunkDecoder(key), _ChunkDecoder(key)

    @property
    def text(self) -> str:
        return "".join(self._text)

    @property
    def thoughts(self) -> str:
        return "".join(self._thoughts).strip()

    def add_text(self, piece: str) -> None:
        self._splitter.feed(self._text_decoder.decode(piece))

    def add_thought(self, piece: str) -> None:
        """Reasoning that the provider sent in a field of its own."""
        self._thoughts.append(self._thought_decoder.decode(piece))

    def end(self) -> None:
        self._splitter.feed(self._text_decoder.flush())
        self._splitter.end()
        self._thoughts.append(self._thought_decoder.flush())

    def _append_text(self, text: str) -> None:
        self._text.append(text)
        self._on_text(text)

    def _restart(self) -> str:
        text = self.text
        self._text.clear()
        if text:
            self._on_restart()
        return text


class _ChunkDecoder:
    """Makes chunks valid: half a character, half a line end, and the beginning of the key wait for the next chunk."""

    def __init__(self, key: str | None) -> None:
        self._redactor = KeyRedactor(key)
        self._half = ""

    def decode(self, chunk: str) -> str:
        chunk = self._half + chunk
        self._half = chunk[-1:] if chunk and (chunk[-1] == "\r" or "\ud800" <= chunk[-1] <= "\udbff") else ""
        return self._redactor.feed(clean(chunk[: len(chunk) - len(self._half)]))

    def flush(self) -> str:
        half, self._half = clean(self._half), ""
        return self._redactor.feed(half) + self._redactor.flush()


class KeyRedactor:
    """Replaces the API key in text that comes in chunks, also where it is split between two.

    A provider may repeat the key of the request in its answer.
    """

    def __init__(self, key: str | None) -> None:
        self._key = key if key and len(key) >= SHORTEST_KEY else ""
        self._pending = ""

    def feed(self, chunk: str) -> str:
        """The text that is certain by now. A possible beginning of the key waits for the next chunk."""
        if not self._key:
            return chunk
        text = (self._pending + chunk).replace(self._key, REDACTED)
        kept = len(text) - self._length_of_beginning(text)
        self._pending = text[kept:]
        return text[:kept]

    def flush(self) -> str:
        """The text that still waits at the end: it was not the key."""
        pending, self._pending = self._pending, ""
        return pending

    def _length_of_beginning(self, text: str) -> int:
        """How many of the last characters may be the first of the key."""
        most = min(len(self._key) - 1, len(text))
        return next((length for length in range(most, 0, -1) if text.endswith(self._key[:length])), 0)


class RepetitionDetector:
    """Detects a model that repeats itself endlessly. Called with the pieces of an answer in order."""

    def __init__(self) -> None:
        self._tail = ""
        self._unchecked = 0

    def is_repeating(self, piece: str) -> bool:
        """Whether the last 20,000 characters repeat one pattern of at most 1,000."""
        self._tail += piece
        self._unchecked += len(piece)
        if self._unchecked < _CHECK_EVERY:
            return False
        self._tail, self._unchecked = self._tail[-REPEATED_CHARACTERS:], 0
        return len(self._tail) == REPEATED_CHARACTERS and _is_periodic(self._tail)


def _is_periodic(text: str) -> bool:
    period = text.find(text[:LONGEST_PATTERN], 1, 2 * LONGEST_PATTERN)
    return period > 0 and text.startswith(text[period:])


def _ignore(*_: Any) -> None:
    pass
