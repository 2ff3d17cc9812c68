"""Placeholders in the texts of steps: `{{input.week}}`, `{{steps.research.result}}`, `{{item.title}}`."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from helix.text.cleaning import clean

_PLACEHOLDER = re.compile(r"\{\{([^{}]*)\}\}")
_PATH = re.compile(r"[A-Za-z_][\w-]*(?:\.[\w-]+)*")
# Characters of one inserted value.
LONGEST_VALUE = 50_000
NOTHING = "(nothing)"


def found(text: str) -> Iterator[tuple[str, list[str]]]:
    """Every placeholder as (what is written between the braces, its path); the path of nonsense is `[""]`."""
    for match in _PLACEHOLDER.finditer(text):
        written = match[1].strip()
        yield written, path_of(written) or [""]


def path_of(reference: str) -> list[str] | None:
    """`steps.a.result` as its parts; None for what is no reference."""
    reference = reference.strip()
    return reference.split(".") if _PATH.fullmatch(reference) else None


def fill(text: str, value_of: Callable[[list[str]], Any]) -> str:
    """The text with the values. `value_of` gives that of a path; raises KeyError to leave the placeholder.

    What is inserted is not searched for placeholders again.
    """

    def replaced(match: re.Match[str]) -> str:
        path = path_of(match[1])
        if path is None:
            return match[0]
        try:
            return as_text(value_of(path))
        except KeyError:
            return match[0]

    return clean(_PLACEHOLDER.sub(replaced, text))


def as_text(value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}\n[The rest was left out.]"


def part_of(value: Any, names: list[str]) -> Any:
    """The value that these names of fields lead to. None where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
