"""Readable ids of tasks: SEO-22, the key of a board and the task's id.

The number alone identifies the task, so an id stays valid when the task moves to another board or the key changes.
"""

import re
from collections.abc import Collection

MIN_LENGTH, MAX_LENGTH = 2, 8
KEY = re.compile(r"[A-Z][A-Z0-9]{1,7}")
# In running text. Not inside a longer word, path or address.
IN_TEXT = re.compile(r"(?<![\w/#&.@-])([A-Z][A-Z0-9]{1,7})-([1-9][0-9]{0,14})(?![\w-])")
_TYPED = re.compile(r"(?:#|([A-Za-z][A-Za-z0-9]{1,7})-)?([1-9][0-9]{0,14})")
# The longest first word of a board's name that is its key as a whole.
_LONGEST_WORD = 5


def readable(board_key: str | None, task_id: int) -> str:
    """SEO-22; the number alone while the board has no key."""
    return f"{board_key}-{task_id}" if board_key else str(task_id)


def parse(typed: str) -> tuple[str | None, int] | None:
    """The board key (or None) and the task id of SEO-22, seo-22, #22 and 22. None for any other text."""
    found = _TYPED.fullmatch(typed.strip())
    return (found[1].upper() if found[1] else None, int(found[2])) if found else None


def suggest(name: str, taken: Collection[str]) -> str:
    """A free key for a board: SEO for "SEO & Blog", MO for "Marketing Overview", with a digit where that is taken."""
    words = [word.upper() for word in re.findall(r"[A-Za-z0-9]+", name)]
    while words and words[0][0].isdigit():
        words.pop(0)
    whole = words[0] if words and MIN_LENGTH <= len(words[0]) <= _LONGEST_WORD else ""
    wanted = whole or "".join(word[0] for word in words)[:_LONGEST_WORD]
    if len(wanted) < MIN_LENGTH:
        wanted = words[0][:3] if words and len(words[0]) >= MIN_LENGTH else "BRD"
    number = 1
    key = wanted
    while key in taken:
        number += 1
        key = f"{wanted[: MAX_LENGTH - len(str(number))]}{number}"
    return key
