"""Names of departments and boards, and counts of things, as sentences use them."""

from collections.abc import Mapping

from helix.errors import Invalid

MAX_KEY_LENGTH = 80


def normalize_name(name: str) -> tuple[str, str]:
    """The name without needless blanks, and the key that makes it unique without case."""
    name = " ".join(name.split())
    key = name.casefold()
    if not name:
        raise Invalid.field("name", "Give a name.")
    if len(key) > MAX_KEY_LENGTH:  # a few letters grow when their case is folded
        raise Invalid.field("name", f"The name is too long: {MAX_KEY_LENGTH} letters at most.")
    return name, key


def describe_counts(holds: Mapping[str, int]) -> str:
    """`{"board": 2, "agent": 1, "archived task": 0}` as "2 boards and 1 agent"."""
    words = [f"{number} {word}{'' if number == 1 else 's'}" for word, number in holds.items() if number]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
