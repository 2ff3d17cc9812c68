"""Which skills apply to a task, and how relevant each one is when not all of them fit into the prompt.

Relevance compares the words of task and skill. A word counts more in the title and the tags of the task than in its
description, more in the name and the tags of the skill than in its description, and more the fewer skills have it.
Words with the same beginning (`invoices`, `invoicing`) count half. The text of a skill does not count, because a long
one would match every task.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from helix.models.vocabulary import ActivationMode
from helix.prompt.material import Skill, Task

IN_TITLE, IN_TASK_TAGS, IN_TASK_DESCRIPTION = 3.0, 3.0, 1.0
IN_NAME, IN_SKILL_TAGS, IN_SKILL_DESCRIPTION = 3.0, 3.0, 1.0
SAME_BEGINNING = 0.5
_WORD = re.compile(r"[^\W_]+")
# Scripts without spaces between words: each pair of adjacent characters counts as a word.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
# Shorter ones are particles, except names such as HR, Q3 or 5G.
_SHORTEST = 3
_NAME = re.compile(r"[A-Z0-9]{2,}")
# Longer words count more, up to this many characters.
_FULL_LENGTH = 8
_BEGINNING = 6
_LONGEST_DESCRIPTION = 20_000


def active_skills(skills: Iterable[Skill], board_id: int | None, tags: Iterable[str]) -> tuple[Skill, ...]:
    """The agent's skills that apply to the task, sorted by name. Names and tags are compared without case."""
    folded = {tag.casefold() for tag in tags}
    active = (skill for skill in skills if _applies(skill, board_id, folded))
    return tuple(sorted(active, key=lambda skill: (skill.name.casefold(), skill.name)))


def _applies(skill: Skill, board_id: int | None, tags: set[str]) -> bool:
    match skill.activation_mode:
        case ActivationMode.ALWAYS:
            return True
        case ActivationMode.BOARD:
            return board_id is not None and board_id in skill.board_ids
        case ActivationMode.TAG:
            return any(tag.casefold() in tags for tag in skill.tags)


def by_relevance(skills: Sequence[Skill], task: Task) -> tuple[Skill, ...]:
    """The skills, the most relevant first, then by name. Deterministic."""
    task_words = _weights(
        (task.title, IN_TITLE),
        (" ".join(task.tags), IN_TASK_TAGS),
        (task.description[:_LONGEST_DESCRIPTION], IN_TASK_DESCRIPTION),
    )
    skill_words = [
        _weights(
            (skill.name, IN_NAME),
            (" ".join(skill.topics), IN_SKILL_TAGS),
            (skill.description, IN_SKILL_DESCRIPTION),
        )
        for skill in skills
    ]
    having = Counter(word for words in skill_words for word in words)
    scores = [_score(task_words, words, having, len(skills)) for words in skill_words]
    order = sorted(range(len(skills)), key=lambda n: (-scores[n], skills[n].name.casefold(), skills[n].name, n))
    return tuple(skills[n] for n in order)


def _score(wanted: Mapping[str, float], offered: Mapping[str, float], having: Counter[str], skills: int) -> float:
    """Rounded, so that the order of summation does not matter."""
    found = (word for word in offered if word in wanted)
    terms = (offered[word] * wanted[word] * _rarity(having[word], skills) for word in found)
    return round(sum(sorted(terms)), 9)


def _rarity(having: int, skills: int) -> float:
    return math.log(1 + (skills - having + 0.5) / (having + 0.5))


def _weights(*texts: tuple[str, float]) -> dict[str, float]:
    """The largest weight of each word. Beginnings of words are entries of their own, prefixed with `~`."""
    found: dict[str, float] = {}
    for text, weight in texts:
        for word, length in _words(text).items():
            counts = weight * math.sqrt(min(length, _FULL_LENGTH) / _FULL_LENGTH)
            found[word] = max(found.get(word, 0.0), counts)
            beginning = f"~{word.rstrip('s')[:_BEGINNING]}"
            found[beginning] = max(found.get(beginning, 0.0), counts * math.sqrt(SAME_BEGINNING))
    return found


def _words(text: str) -> dict[str, int]:
    """The words of a text, each with the length that counts."""
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
