"""A line-by-line diff of two texts, for display."""

from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal, NamedTuple

Kind = Literal["same", "removed", "added", "skipped"]
# Comparing takes up to the product of both lengths; beyond this the changed part is shown as replaced.
MOST_PAIRS = 4_000_000


class Line(NamedTuple):
    """`text` has no line break; for `skipped` it is the number of omitted lines."""

    kind: Kind
    text: str


def lines(before: str, after: str, *, context: int | None = None) -> list[Line]:
    """Every line of both texts, removed before added ones. With `context`, only so many same lines around changes."""
    old, new = _split(before), _split(after)
    result = list(_compared(old, new))
    return result if context is None else list(_shortened(result, context))


def _split(text: str) -> list[str]:
    # Not splitlines(), which also splits at form feeds and U+2028.
    return text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []


def _compared(old: list[str], new: list[str]) -> Iterator[Line]:
    head = _common_prefix(old, new)
    tail = _common_prefix(old[head:][::-1], new[head:][::-1])
    old_middle, new_middle = old[head : len(old) - tail], new[head : len(new) - tail]
    yield from (Line("same", line) for line in old[:head])
    for tag, start, end, new_start, new_end in _changes(old_middle, new_middle):
        if tag == "equal":
            yield from (Line("same", line) for line in old_middle[start:end])
            continue
        yield from (Line("removed", line) for line in old_middle[start:end])
        yield from (Line("added", line) for line in new_middle[new_start:new_end])
    yield from (Line("same", line) for line in old[len(old) - tail :])


def _common_prefix(old: list[str], new: list[str]) -> int:
    """How many lines both begin with."""
    return next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))


def _changes(old: list[str], new: list[str]) -> list[tuple[str, int, int, int, int]]:
    if len(old) * len(new) > MOST_PAIRS:
        return [("replace", 0, len(old), 0, len(new))]
    return list(SequenceMatcher(None, old, new).get_opcodes())


def _shortened(diff: list[Line], context: int) -> Iterator[Line]:
    changes = [position for position, line in enumerate(diff) if line.kind != "same"]
    near = {place for change in changes for place in range(change - context, change + context + 1)}
    skipped = 0
    for position, line in enumerate(diff):
        if position not in near:
            skipped += 1
            continue
        if skipped:
            yield Line("skipped", str(skipped))
            skipped = 0
        yield line
    if skipped:
        yield Line("skipped", str(skipped))
