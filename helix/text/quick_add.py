"""Parses one line as a task: `Title @Agent @Person #tag !high ^friday`."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, TypeVar

from helix.models.vocabulary import Priority
from helix.text.mentions import NameIndex

V = TypeVar("V")

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# A number alone is no tag: people write "fix #17".
_TAG = re.compile(r"(?<!\S)#(?=[\w-]*[^\W\d])([\w-]{1,50})(?!\S)")
_PRIORITY = re.compile(rf"(?<!\S)!({'|'.join(Priority)})(?!\S)", re.IGNORECASE)
_DUE = re.compile(r"(?<!\S)\^([\w+-]{1,20})(?!\S)")


@dataclass(frozen=True, slots=True)
class QuickTask(Generic[V]):
    """The parsed line. `agent` and `person` are values of names; text that is not recognized stays in the title."""

    title: str
    agent: V | None = None
    person: V | None = None
    tags: tuple[str, ...] = ()
    priority: Priority | None = None
    due: date | None = None


def parse(line: str, *, agents: Mapping[str, V], people: Mapping[str, V] | None = None, today: date) -> QuickTask[V]:
    """Parse a line. `agents` and `people` map casefolded names to any value; if a mark is given twice, the last counts.

    Days: ^today, ^tomorrow, a weekday (the next one after today, also as ^fri), ^+3 (days), ^2026-12-03.
    """
    named = {name: ("agent", value) for name, value in agents.items()}
    named |= {name: ("person", value) for name, value in (people or {}).items()}
    line, assigned = _assigned(unicodedata.normalize("NFC", line), named)
    line, tags = _extract(_TAG, line)
    line, priorities = _extract(_PRIORITY, line)
    due: date | None = None
    for found in reversed(list(_DUE.finditer(line))):
        day = _day(found.group(1).casefold(), today)
        if day:
            line, due = line[: found.start()] + line[found.end() :], due or day
    return QuickTask(
        title=" ".join(line.split()),
        agent=assigned.get("agent"),
        person=assigned.get("person"),
        tags=tuple(dict.fromkeys(tag.lower() for tag in tags)),
        priority=Priority(priorities[-1].lower()) if priorities else None,
        due=due,
    )


def _assigned(line: str, named: Mapping[str, tuple[str, V]]) -> tuple[str, dict[str, V]]:
    """The line without names, and the last name of each kind."""
    assigned: dict[str, V] = {}
    for span in reversed(list(NameIndex(named).spans(line))):
        kind, value = span.value
        assigned.setdefault(kind, value)
        line = line[: span.start] + line[span.end :]
    return line, assigned


def _extract(pattern: re.Pattern[str], line: str) -> tuple[str, list[str]]:
    """The line without the marks, and their values."""
    return pattern.sub("", line), [found.group(1) for found in pattern.finditer(line)]


def _day(word: str, today: date) -> date | None:
    try:
        if word in ("today", "tomorrow"):
            return today + timedelta(days=word == "tomorrow")
        if word.startswith("+") and word[1:].isascii() and word[1:].isdigit():
            return today + timedelta(days=int(word[1:]))
        for number, name in enumerate(WEEKDAYS):
            if len(word) >= 3 and name.startswith(word):
                return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
        return date.fromisoformat(word)
    except (ValueError, OverflowError):
        # Not a day: the mark stays in the title, where the person sees it.
        return None
