"""@mentions: the longest known name after an @ at a word's start, outside of code."""

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")

_CODE = re.compile(
    r"^(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^(?P=fence)[`~]*[ \t]*$|\Z)|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)",
    re.M | re.S,
)
# An @ inside a word is an address, not a mention.
_AT = re.compile(r"(?<![\w@./+-])@(?=\w)")


def find(content: str, names: Mapping[str, T]) -> list[T]:
    """What `names` (case-folded name to anything) holds for each mention, in their order, each once."""
    found: dict[T, None] = {}
    for value in _mentions(_CODE.sub(" ", content), names):
        found.setdefault(value)
    return list(found)


def _mentions(text: str, names: Mapping[str, T]) -> Iterator[T]:
    longest = max((len(name) for name in names), default=0)
    for at in _AT.finditer(text):
        start = at.end()
        # Case folding may lengthen a text, so a little more is taken than the longest name has.
        ahead = " ".join(text[start : start + 2 * longest + 8].split(" ")).casefold()
        for length in range(min(longest, len(ahead)), 0, -1):
            follower = ahead[length : length + 1]
            if follower and (follower.isalnum() or follower == "_"):
                continue
            if ahead[:length] in names:
                yield names[ahead[:length]]
                break
