"""Separates a model's reasoning from its answer while both stream in.

Servers that do not know a model's format send its reasoning inside the answer, in `<think>` or `<thinking>`. Such a
block counts where it begins a line outside of a code fence, so that text about the tags stays text. If the model's
prompt template already opens the block, only the closing tag arrives: then everything before it was reasoning.
"""

import re
from collections.abc import Callable

_OPENING = re.compile(r"<think(?:ing)?>", re.I)
_CLOSING = re.compile(r"</think(?:ing)?>", re.I)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_TAGS = ("<think>", "<thinking>", "</think>", "</thinking>")
# Enough of a line's beginning to recognize a fence.
_HEAD = 80


class ThoughtSplitter:
    """Call `feed` with each piece, then `end`. `on_text` gets the answer, `on_thought` the reasoning, in order.

    `restart` is called when the text so far turns out to have been reasoning. It returns that text, which then goes to
    `on_thought`.
    """

    def __init__(
        self, on_text: Callable[[str], object], on_thought: Callable[[str], object], restart: Callable[[], str]
    ) -> None:
        self._on_text, self._on_thought, self._restart = on_text, on_thought, restart
        self._buffer = ""
        self._mode = self._text
        self._has_text = False  # visible text
        self._block: list[str] = []  # the current block, as received
        self._tags_seen = False
        self._fence = ""
        self._new_line()

    def feed(self, piece: str) -> None:
        self._buffer += piece
        while self._buffer and self._mode():
            pass

    def end(self) -> None:
        """End of the stream. A block in the middle of an answer that was never closed was no block."""
        rest, self._buffer = self._buffer, ""
        if self._mode != self._thought:
            self._emit(rest)
        elif self._has_text:
            self._emit("".join(self._block) + rest)
        else:
            self._on_thought("".join(self._block[1:]) + rest)

    def _text(self) -> bool:
        """Process the rest of the line, as far as it is known. Returns whether there may be more to process."""
        if not self._has_text:
            # Keep white space before an answer: it may be followed by a block.
            stripped = self._buffer.lstrip()
            if self._opens_block(stripped):
                return True
            if _partial_tag_length(stripped) == len(stripped):
                return False
        line, end, rest = self._buffer.partition("\n")
        if not self._fence:
            if self._blank and not end and _partial_tag_length(line) == len(line.lstrip()):
                return False
            if self._blank and self._has_text and self._opens_block(self._buffer.lstrip(" \t")):
                return True
            if not self._tags_seen and (closing := _CLOSING.search(line)) and self._is_plain(line[: closing.start()]):
                self._on_thought(self._restart() + line[: closing.start()])
                self._tags_seen, self._has_text = True, False
                self._buffer = line[closing.end() :] + end + rest
                self._mode = self._gap
                return True
            if not end and (partial := _partial_tag_length(line)):
                line, rest = line[:-partial], line[-partial:]
        self._buffer = rest
        self._emit(line + end)
        return bool(end)

    def _opens_block(self, stripped: str) -> bool:
        opening = _OPENING.match(stripped)
        if opening is None:
            return False
        self._block = [opening[0]]
        self._tags_seen = True
        self._buffer = stripped[opening.end() :]
        self._mode = self._thought
        return True

    def _thought(self) -> bool:
        closing = _CLOSING.search(self._buffer)
        if closing is None:
            kept = len(self._buffer) - _partial_tag_length(self._buffer)
            self._block.append(self._buffer[:kept])
            self._buffer = self._buffer[kept:]
            return False
        self._on_thought("".join(self._block[1:]) + self._buffer[: closing.start()])
        self._buffer = self._buffer[closing.end() :]
        self._mode = self._gap
        return True

    def _gap(self) -> bool:
        """White space between thoughts and the answer belongs to neither."""
        self._buffer = self._buffer.lstrip()
        if self._buffer:
            self._new_line()
            self._mode = self._text
        return bool(self._buffer)

    def _is_plain(self, before: str) -> bool:
        """Whether the text after `before` is outside of inline code and outside of a block that the line opened."""
        return (self._ticks + before.count("`")) % 2 == 0 and not _OPENING.search(before)

    def _emit(self, text: str) -> None:
        """Pass on at most one line, with or without its end; at the end of the answer any text."""
        if not text:
            return
        self._has_text = self._has_text or not text.isspace()
        self._blank = self._blank and not text.strip()
        self._tags_seen = self._tags_seen or bool(_OPENING.search(text))
        self._ticks += text.count("`")
        self._head = (self._head + text)[:_HEAD]
        if text.endswith("\n"):
            self._end_line()
        self._on_text(text)

    def _end_line(self) -> None:
        fence = _FENCE.match(self._head)
        if fence and not self._fence:
            self._fence = fence[1]
        elif fence and fence[1].startswith(self._fence) and not self._head[fence.end() :].strip():
            self._fence = ""
        self._new_line()

    def _new_line(self) -> None:
        self._blank, self._ticks, self._head = True, 0, ""


def _partial_tag_length(text: str) -> int:
    """How many of the last characters may be the beginning of a tag."""
    at = text.rfind("<", -len(max(_TAGS, key=len)))
    return len(text) - at if at >= 0 and any(tag.startswith(text[at:].lower()) for tag in _TAGS) else 0
