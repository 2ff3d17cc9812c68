"""How a process that reads a document hands on what it read: lines of JSON, whole ones even if it is ended midway."""

import json
import re
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

# So much is gathered before it is written.
_GATHERED = 4_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class Pieces(NamedTuple):
    """`done`: to the end of the document. Else `next_page` says where to go on, if the reader stopped by itself."""

    text: str
    done: bool
    next_page: int | None = None


class Writer:
    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._waiting: list[str] = []
        self._length = 0
        self.written = 0

    def text(self, text: str) -> None:
        """Without the control characters that documents hold and databases refuse."""
        text = _CONTROL.sub("", text)
        self._waiting.append(text)
        self._length += len(text)
        self.written += len(text)
        if self._length >= _GATHERED:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            self._line({"text": "".join(self._waiting)})
            self._waiting, self._length = [], 0

    def end(self, *, next_page: int | None = None) -> None:
        self.flush()
        self._line({"done": next_page is None, "next_page": next_page})

    def _line(self, content: dict[str, object]) -> None:
        self._target.write(json.dumps(content).encode() + b"\n")
        self._target.flush()


def gathered(lines: Iterable[bytes]) -> Pieces:
    """What a Writer wrote, without a last line that was cut."""
    found, done, next_page = [], False, None
    for line in lines:
        if not line.endswith(b"\n"):
            break
        content = json.loads(line)
        found.append(content.get("text", ""))
        done, next_page = content.get("done", done), content.get("next_page", next_page)
    return Pieces("".join(found), done, next_page)
