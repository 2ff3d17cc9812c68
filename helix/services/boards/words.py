"""Names of departments and boards, and counts of things, as sentences use them."""

from collections.abc import Mapping

from helix.errors import Invalid

LONGEST_KEY = 80


def tidy(name: str) -> tuple[str, str]:
    """The name without needless blanks, and the key that makes it unique without case."""
    name = " ".join(name.split())
    key = name.casefold()
    if not name:
        raise Invalid.field("name", "Give a name.")
    if len(key) > LONGEST_KEY:  # a few letters grow when their case is folded
        raise Invalid.field("name", f"The name is too long: {LONGEST_KEY} letters at most.")
    return name, key


def counted(holds: Mapping[str, int]) -> str:
    """`{"board": 2, "agent": 1, "archived task": 0}` as "2 boards and 1 agent"."""
    words = [f"{number} {word}{'' if number == 1 else 's'}" for word, number in holds.items() if number]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
