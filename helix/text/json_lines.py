"""The output of a process that reads a document: lines of JSON, usable even if the process is killed."""

import json
import re
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

# Characters that are buffered before a line is written.
_GATHERED = 4_000
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class Pieces(NamedTuple):
    """`done`: the whole document was read. Else `next_page` is where to continue, if the reader stopped by itself."""

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
        """Write text without control characters, which databases reject."""
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
    """What a Writer wrote, without an incomplete last line."""
    found, done, next_page = [], False, None
    for line in lines:
        if not line.endswith(b"\n"):
            break
        content = json.loads(line)
        found.append(content.get("text", ""))
        done, next_page = content.get("done", done), content.get("next_page", next_page)
    return Pieces("".join(found), done, next_page)
