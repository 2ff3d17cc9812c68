"""Parses answers to comments, which may include a new result in a fenced block tagged `result`.

The text outside the block is the comment, the text inside it is the new result. The fence has at least three backticks
or tildes and ends with a line of at least as many of the same: a result that contains code fences needs a longer fence.
Only a fence at the start of a line and outside of every other fence counts, so that an answer which only shows the
convention inside a code block has no result.
"""

import re
from dataclasses import dataclass

_OPEN = re.compile(r"^(?P<fence>`{3,}|~{3,})[ \t]*(?P<tag>[^\s`]*)[^`\n]*$")
_FENCES = re.compile(r"^(`{3,}|~{3,})", re.M)


@dataclass(frozen=True, slots=True)
class Answer:
    """`comment` may be empty when there is a result; `result` is None if there was no result block."""

    comment: str
    result: str | None


class ResultFence:
    """The convention, for the prompt that explains it and for the demo model."""

    TAG = "result"
    EXAMPLE = f"````{TAG}\nthe whole new result\n````"

    @classmethod
    def around(cls, text: str) -> str:
        """The text in a result fence that is longer than any fence in it."""
        longest = max((len(match[1]) for match in _FENCES.finditer(text)), default=3)
        fence = "`" * max(4, longest + 1)
        return f"{fence}{cls.TAG}\n{text.rstrip()}\n{fence}"


def read_answer(text: str) -> Answer:
    """The comment and the new result, if there is one. Of several result blocks the last one counts.

    A result block that is never closed or empty does not count: the whole text is then the comment, so that a truncated
    result never replaces a complete one.
    """
    outside: list[str] = []
    result: str | None = None
    lines = text.replace("\r\n", "\n").split("\n")
    at = 0
    while at < len(lines):
        opened = _OPEN.match(lines[at])
        if opened is None:
            outside.append(lines[at])
            at += 1
            continue
        end = _closing(lines, at + 1, opened["fence"])
        body = "\n".join(lines[at + 1 : end])
        if opened["tag"].lower() == ResultFence.TAG and end < len(lines) and body.strip():
            result = body.strip("\n")
        else:
            outside.extend(lines[at : end + 1])
        at = end + 1
    return Answer(comment="\n".join(outside).strip(), result=result)


def _closing(lines: list[str], start: int, fence: str) -> int:
    """The index of the line that ends the fence, or the number of lines if none does."""
    closing = re.compile(rf"^{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
    return next((at for at in range(start, len(lines)) if closing.match(lines[at])), len(lines))
