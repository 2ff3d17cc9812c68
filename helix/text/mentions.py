"""Finds @mentions in a text: the longest known name after an @ at the start of a word, never inside code."""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Generic, NamedTuple, TypeVar

from markdown_it.token import Token

from helix.text import parser
from helix.text.names import fold, key_of

V = TypeVar("V")

# Scripts without spaces between words, where a name may be adjacent to other text.
_WITHOUT_SPACES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_LONGEST_ADDRESS = 2048


class Span(NamedTuple, Generic[V]):
    """One mention: `text[start:end]` is the @ and the name."""

    start: int
    end: int
    name: str
    value: V


def find(content: str, names: Mapping[str, V]) -> list[V]:
    """The values of the names that a markdown text mentions, in order, without duplicates.

    `names` maps names, or their keys, to any value. Takes one pass over the names and one over the text.
    """
    if "@" not in content or not names:
        return []
    index = NameIndex(names)
    values: dict[str, V] = {}
    for children in parser.inlines(parser.parser().parse(unicodedata.normalize("NFC", content))):
        for place in in_tokens(children, index):
            values.setdefault(place.span.name, place.span.value)
    return list(values.values())


class Place(NamedTuple, Generic[V]):
    """One mention in a paragraph: from `start` in the token with index `first` to `end` in the token `last`."""

    first: int
    start: int
    last: int
    end: int
    span: Span[V]


def in_tokens(children: Sequence[Token], index: "NameIndex[V]") -> Iterator[Place[V]]:
    """The mentions in one paragraph, in order. A line break within a name counts as a space."""
    for line in _lines(children):
        text = "".join(piece.content for piece in line)
        if "@" not in text:
            continue
        starts = list(accumulate((len(piece.content) for piece in line), initial=0))
        for span in index.spans(text, before=line[0].before):
            first = bisect_right(starts, span.start) - 1
            last = bisect_left(starts, span.end) - 1
            yield Place(line[first].token, span.start - starts[first], line[last].token, span.end - starts[last], span)


class _Piece(NamedTuple):
    token: int
    content: str
    before: str


def _lines(children: Sequence[Token]) -> Iterator[list[_Piece]]:
    """Runs of text tokens that are separated only by line breaks."""
    texts = {position: (token.content, before) for position, token, before in parser.split_text(children)}
    line: list[_Piece] = []
    for position, token in enumerate(children):
        if position in texts:
            line.append(_Piece(position, *texts[position]))
        elif line and token.type in ("softbreak", "hardbreak"):
            line.append(_Piece(position, "\n", ""))
        elif line:
            yield line
            line = []
    if line:
        yield line


class NameIndex(Generic[V]):
    """An index of known names, to search several texts."""

    def __init__(self, names: Mapping[str, V]) -> None:
        self._names = {key: value for name, value in names.items() if (key := key_of(name))}
        lengths: dict[str, set[int]] = defaultdict(set)
        for name in self._names:
            lengths[name[0]].add(len(name))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def spans(self, text: str, *, before: str = "") -> Iterator[Span[V]]:
        """The mentions in a plain text; `before` is the character before it, if any."""
        if "@" not in text:
            return
        folded, origin = fold(text)
        at = folded.find("@")
        while at >= 0:
            name = self._longest(folded, at + 1) if _starts_a_word(folded, at, before) else None
            if name:
                end = at + 1 + len(name)
                yield Span(origin(at), origin(end), name, self._names[name])
            at = folded.find("@", at + 1 + len(name or ""))

    def _longest(self, folded: str, start: int) -> str | None:
        for length in self._lengths.get(folded[start : start + 1], ()):
            candidate = folded[start : start + length]
            if candidate in self._names and _ends_a_word(candidate[-1], folded[start + length : start + length + 1]):
                return candidate
        return None


def _starts_a_word(text: str, at: int, before: str) -> bool:
    previous = text[at - 1] if at else before
    if _is_of_a_word(previous):
        return False
    if previous in ("-", "+"):
        # Still inside an address, as in jane+@example.org.
        return not _is_of_a_word(text[at - 2 : at - 1])
    if previous == "/":
        return "://" not in "".join(text[max(0, at - _LONGEST_ADDRESS) : at].split()[-1:])
    return True


def _ends_a_word(last: str, following: str) -> bool:
    return not (_is_of_a_word(last) and _is_of_a_word(following))


def _is_of_a_word(character: str) -> bool:
    if not character or _WITHOUT_SPACES.match(character):
        return False
    return character.isalnum() or character == "_" or unicodedata.combining(character) > 0
