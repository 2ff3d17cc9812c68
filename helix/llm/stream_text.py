"""What a model says, as it comes: made valid, without the key, its thoughts apart. Cleaned here and nowhere later."""

from collections.abc import Callable
from typing import Any

from helix.llm.reasoning import Thoughts
from helix.llm.redaction import Covering
from helix.text.cleaning import clean

OnText = Callable[[str], Any]


class Speech:
    """`on_text` is given the pieces of the answer; `on_restart` is called when those given so far were none."""

    def __init__(self, key: str | None, on_text: OnText | None, on_restart: Callable[[], Any] | None) -> None:
        self._on_text = on_text or _to_nobody
        self._on_restart = on_restart or _to_nobody
        self._text: list[str] = []
        self._thoughts: list[str] = []
        self._parts = Thoughts(self._say, self._think, self._restart)
        # One each: the pieces of an answer and of thoughts that come by themselves are not cut at the same places.
        self._answer_in, self._thought_in = _Incoming(key), _Incoming(key)

    @property
    def text(self) -> str:
        return "".join(self._text)

    @property
    def thoughts(self) -> str:
        return "".join(self._thoughts).strip()

    def say(self, piece: str) -> None:
        self._parts.take(self._answer_in.take(piece))

    def think(self, piece: str) -> None:
        """Thoughts that the provider told apart itself."""
        self._think(self._thought_in.take(piece))

    def end(self) -> None:
        self._parts.take(self._answer_in.rest())
        self._parts.end()
        self._think(self._thought_in.rest())

    def _say(self, text: str) -> None:
        self._text.append(text)
        self._on_text(text)

    def _think(self, text: str) -> None:
        self._thoughts.append(text)

    def _restart(self) -> str:
        said = self.text
        self._text.clear()
        if said:
            self._on_restart()
        return said


class _Incoming:
    """Pieces made valid: half a character, half a line end, and the beginning of a key wait for what follows."""

    def __init__(self, key: str | None) -> None:
        self._covering = Covering(key)
        self._half = ""

    def take(self, piece: str) -> str:
        piece = self._half + piece
        self._half = piece[-1:] if piece and (piece[-1] == "\r" or "\ud800" <= piece[-1] <= "\udbff") else ""
        return self._covering.take(clean(piece[: len(piece) - len(self._half)]))

    def rest(self) -> str:
        half, self._half = clean(self._half), ""
        return self._covering.take(half) + self._covering.rest()


def _to_nobody(*_: Any) -> None:
    """Nobody listens."""
