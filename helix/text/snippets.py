"""Parts of a text around a search hit."""

import re
from typing import NamedTuple

from helix.folding import fold

# Of markdown; they say nothing without being rendered.
_MARKS = re.compile(r"[*`#|]+")
# Characters before and after the hit.
AROUND = 80


class Part(NamedTuple):
    text: str
    is_hit: bool


def marked(text: str, term: str, *, word_start: bool = False) -> list[Part]:
    """The whole text, with the places that match the folded `term` as parts of their own.

    `word_start`: only at the beginning of a word.
    """
    parts: list[Part] = []
    rest = text
    while (hit := _find(rest, term, word_start)) is not None:
        start, end = hit
        if start:
            parts.append(Part(rest[:start], is_hit=False))
        parts.append(Part(rest[start:end], is_hit=True))
        rest = rest[end:]
    return [*parts, Part(rest, is_hit=False)] if rest else parts


def snippet(text: str, term: str, around: int = AROUND, *, word_start: bool = False) -> list[Part]:
    """One line around the first match of the folded `term`, cut at words and marked by "…"; empty without a match."""
    if not _MARKS.search(term):
        text = _MARKS.sub("", text)
    line = " ".join(text.split())
    hit = _find(line, term, word_start)
    if hit is None:
        return []
    start, end = hit
    before, after = line[max(0, start - around) : start], line[end : end + around]
    if start > around:
        before = "…" + before[before.find(" ") + 1 :]
    if len(line) > end + around:
        after = after[: after.rfind(" ")].rstrip() + "…" if " " in after else after + "…"
    return [part for part in (Part(before, False), Part(line[start:end], True), Part(after, False)) if part.text]


def _find(text: str, term: str, word_start: bool) -> tuple[int, int] | None:
    """Start and end of the first match. Folding may change the length of a text, so positions are counted by letter."""
    sought = re.compile((r"(?<!\w)" if word_start else "") + re.escape(term)) if term else None
    if sought is None or not sought.search(fold(text)):
        return None
    folded = [fold(letter) for letter in text]
    found = sought.search("".join(folded))
    if found is None:
        return None  # only together with the letter before it, such as a letter and its accent
    positions = [place for place, letters in enumerate(folded) for _ in letters]
    return positions[found.start()], positions[found.end() - 1] + 1
