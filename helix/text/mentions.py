"""Who is meant by the @names in a text: the longest known name after an @ at a word's start, never inside code."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from markdown_it.token import Token

from helix.text import parser
from helix.text.names import fold, key_of

V = TypeVar("V")

# Scripts that write no spaces between words: there, a name may touch the text around it.
_WITHOUT_SPACES = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_LONGEST_ADDRESS = 2048


class Span(NamedTuple, Generic[V]):
    """One mention: `text[start:end]` is the @ and the name."""

    start: int
    end: int
    name: str
    value: V


def find(content: str, names: Mapping[str, V]) -> list[V]:
    """What `names` holds for those whom a markdown text mentions, in their order, each once.

    `names` maps names, or their keys, to any value. Costs a pass over the names and one over the text.
    """
    if "@" not in content or not names:
        return []
    index = NameIndex(names)
    found: dict[str, V] = {}
    for children in parser.inlines(parser.parser().parse(unicodedata.normalize("NFC", content))):
        for _, spans in in_tokens(children, index):
            for span in spans:
                found.setdefault(span.name, span.value)
    return list(found.values())


def in_tokens(children: Sequence[Token], index: "NameIndex[V]") -> Iterator[tuple[int, list[Span[V]]]]:
    """The mentions in one paragraph: the index of each text token that holds some, and their places in it."""
    for position, token, before in parser.split_text(children):
        if "@" in token.content and (spans := list(index.spans(token.content, before=before))):
            yield position, spans


class NameIndex(Generic[V]):
    """Known names, ready to be looked for in several texts."""

    def __init__(self, names: Mapping[str, V]) -> None:
        self._names = {key: value for name, value in names.items() if (key := key_of(name))}
        lengths: dict[str, set[int]] = defaultdict(set)
        for name in self._names:
            lengths[name[0]].add(len(name))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def spans(self, text: str, *, before: str = "") -> Iterator[Span[V]]:
        """The mentions in one piece of plain text; `before` is the character that stands ahead of it, if any."""
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
