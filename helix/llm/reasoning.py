"""A model's answer without its thoughts, told apart while both come.

Servers that do not know a model's format hand its thoughts on inside of the answer, in `<think>` or `<thinking>`. Such
a block counts where it begins a line outside of a code fence, so that text about the tags stays text. Of models whose
prompt already opens the block only the closing tag comes: then everything before it was thought.
"""

import re
from collections.abc import Callable

_OPENING = re.compile(r"<think(?:ing)?>", re.I)
_CLOSING = re.compile(r"</think(?:ing)?>", re.I)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_TAGS = ("<think>", "<thinking>", "</think>", "</thinking>")
# As much of a line's beginning as says whether it is a fence.
_HEAD = 80


class Thoughts:
    """Fed with pieces of text. `say` is given the answer's, `think` the thoughts', in order.

    `restart` is called when what was said so far turns out to have been thought; `think` is then given all of it.
    """

    def __init__(
        self, say: Callable[[str], object], think: Callable[[str], object], restart: Callable[[], str]
    ) -> None:
        self._say, self._think, self._restart = say, think, restart
        self._held = ""
        self._mode = self._text
        self._said = False  # something that can be seen
        self._block: list[str] = []  # the block under way, as it came
        self._tags_seen = False
        self._fence = ""
        self._new_line()

    def take(self, piece: str) -> None:
        self._held += piece
        while self._held and self._mode():
            pass

    def end(self) -> None:
        """Nothing more comes. A block in the middle of an answer that was never closed was no block."""
        held, self._held = self._held, ""
        if self._mode != self._thought:
            self._emit(held)
        elif self._said:
            self._emit("".join(self._block) + held)
        else:
            self._think("".join(self._block[1:]) + held)

    def _text(self) -> bool:
        """Take the rest of the line, or what there is of it. True while there may be more to do."""
        if not self._said:
            # White space before an answer waits: what follows it may be a block.
            stripped = self._held.lstrip()
            if self._opens_block(stripped):
                return True
            if _begun(stripped) == len(stripped):
                return False
        line, end, rest = self._held.partition("\n")
        if not self._fence:
            if self._blank and not end and _begun(line) == len(line.lstrip()):
                return False
            if self._blank and self._said and self._opens_block(self._held.lstrip(" \t")):
                return True
            if not self._tags_seen and (closing := _CLOSING.search(line)) and self._is_plain(line[: closing.start()]):
                self._think(self._restart() + line[: closing.start()])
                self._tags_seen, self._said = True, False
                self._held = line[closing.end() :] + end + rest
                self._mode = self._gap
                return True
            if not end and (begun := _begun(line)):
                line, rest = line[:-begun], line[-begun:]
        self._held = rest
        self._emit(line + end)
        return bool(end)

    def _opens_block(self, stripped: str) -> bool:
        opening = _OPENING.match(stripped)
        if opening is None:
            return False
        self._block = [opening[0]]
        self._tags_seen = True
        self._held = stripped[opening.end() :]
        self._mode = self._thought
        return True

    def _thought(self) -> bool:
        closing = _CLOSING.search(self._held)
        if closing is None:
            kept = len(self._held) - _begun(self._held)
            self._block.append(self._held[:kept])
            self._held = self._held[kept:]
            return False
        self._think("".join(self._block[1:]) + self._held[: closing.start()])
        self._held = self._held[closing.end() :]
        self._mode = self._gap
        return True

    def _gap(self) -> bool:
        """White space between thoughts and the answer belongs to neither."""
        self._held = self._held.lstrip()
        if self._held:
            self._new_line()
            self._mode = self._text
        return bool(self._held)

    def _is_plain(self, before: str) -> bool:
        """What follows in the line stands outside of inline code, and closes nothing that the line opened."""
        return (self._ticks + before.count("`")) % 2 == 0 and not _OPENING.search(before)

    def _emit(self, text: str) -> None:
        """Text of one line at most, with or without its end; at the end of the answer any text."""
        if not text:
            return
        self._said = self._said or not text.isspace()
        self._blank = self._blank and not text.strip()
        self._tags_seen = self._tags_seen or bool(_OPENING.search(text))
        self._ticks += text.count("`")
        self._head = (self._head + text)[:_HEAD]
        if text.endswith("\n"):
            self._end_line()
        self._say(text)

    def _end_line(self) -> None:
        fence = _FENCE.match(self._head)
        if fence and not self._fence:
            self._fence = fence[1]
        elif fence and fence[1].startswith(self._fence) and not self._head[fence.end() :].strip():
            self._fence = ""
        self._new_line()

    def _new_line(self) -> None:
        self._blank, self._ticks, self._head = True, 0, ""


def _begun(text: str) -> int:
    """How many of the last letters may be the beginning of a tag."""
    at = text.rfind("<", -len(max(_TAGS, key=len)))
    return len(text) - at if at >= 0 and any(tag.startswith(text[at:].lower()) for tag in _TAGS) else 0
