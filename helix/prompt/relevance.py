"""How well a skill fits a task: which skills go in whole when not all of them do.

Words of the task are looked for in the skill. A word counts more in the title and the tags of the task than in its
description, more in the name and the tags of the skill than in its description, and more the fewer skills have it. A
word that only begins alike (`invoices`, `invoicing`) counts half. The text of a skill does not count: a long one would
fit everything.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence

from helix.prompt.material import Skill, Task

IN_TITLE, IN_TASK_TAGS, IN_TASK_DESCRIPTION = 3.0, 3.0, 1.0
IN_NAME, IN_SKILL_TAGS, IN_SKILL_DESCRIPTION = 3.0, 3.0, 1.0
ALIKE = 0.5
_WORD = re.compile(r"[^\W_]+")
# Scripts that set no blanks between words: there, each two letters that follow one another count as a word.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
# Shorter ones are particles, except names such as HR, Q3 or 5G.
_SHORTEST = 3
_NAME = re.compile(r"[A-Z0-9]{2,}")
# The longer a word, the more it says; from so many letters on all count alike.
_FULL_LENGTH = 8
_BEGINNING = 6
_LONGEST_DESCRIPTION = 20_000


def by_relevance(skills: Sequence[Skill], task: Task) -> tuple[Skill, ...]:
    """The skills, those that fit the task best first; among equals by name. The same for the same input, always."""
    wanted = _weights(
        (task.title, IN_TITLE),
        (" ".join(task.tags), IN_TASK_TAGS),
        (task.description[:_LONGEST_DESCRIPTION], IN_TASK_DESCRIPTION),
    )
    offered = [
        _weights(
            (skill.name, IN_NAME),
            (" ".join(skill.topics), IN_SKILL_TAGS),
            (skill.description, IN_SKILL_DESCRIPTION),
        )
        for skill in skills
    ]
    having = Counter(word for words in offered for word in words)
    scores = [_score(wanted, words, having, len(skills)) for words in offered]
    order = sorted(range(len(skills)), key=lambda n: (-scores[n], skills[n].name.casefold(), skills[n].name, n))
    return tuple(skills[n] for n in order)


def _score(wanted: Mapping[str, float], offered: Mapping[str, float], having: Counter[str], skills: int) -> float:
    """Rounded, so that the order of sums decides nothing."""
    found = (word for word in offered if word in wanted)
    terms = (offered[word] * wanted[word] * _rarity(having[word], skills) for word in found)
    return round(sum(sorted(terms)), 9)


def _rarity(having: int, skills: int) -> float:
    return math.log(1 + (skills - having + 0.5) / (having + 0.5))


def _weights(*texts: tuple[str, float]) -> dict[str, float]:
    """Word to the most that it counts: beginnings of words are words of their own, marked by a `~`."""
    found: dict[str, float] = {}
    for text, weight in texts:
        for word, length in _words(text).items():
            counts = weight * math.sqrt(min(length, _FULL_LENGTH) / _FULL_LENGTH)
            found[word] = max(found.get(word, 0.0), counts)
            beginning = f"~{word.rstrip('s')[:_BEGINNING]}"
            found[beginning] = max(found.get(beginning, 0.0), counts * math.sqrt(ALIKE))
    return found


def _words(text: str) -> dict[str, int]:
    """The words of a text, and how long each counts to be."""
    found: dict[str, int] = {}
    for word in _WORD.findall(unicodedata.normalize("NFKC", text)):
        folded = word.casefold()
        if _UNSPACED.search(word):
            found |= dict.fromkeys((folded[at : at + 2] for at in range(max(len(folded) - 1, 1))), _FULL_LENGTH // 2)
        elif _NAME.fullmatch(word):
            found[folded] = _FULL_LENGTH
        elif len(word) >= _SHORTEST:
            found[folded] = max(len(folded), found.get(folded, 0))
    return found
