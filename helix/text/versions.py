"""Semantic versions (semver.org), such as 1.4.2."""

import re

from semver import Version

FIRST = "1.0.0"
LONGEST = 64
_LOOSE = re.compile(r"[vV]?(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?")


def is_version(text: str) -> bool:
    """Whether the text is a complete semantic version of at most 64 characters."""
    return len(text) <= LONGEST and text.isascii() and Version.is_valid(text)


def next_patch(version: str) -> str:
    """1.4.3 after 1.4.2, and after 1.4.2-rc.1 as well. Raises ValueError for anything else."""
    if not is_version(version):
        raise ValueError(f'"{version[:LONGEST]}" is not a version. Write one like 1.0.0.')
    return str(Version.parse(version).bump_patch())


def normal(text: str) -> str:
    """A version as other tools write it, completed: "1.2" is 1.2.0, "v3" is 3.0.0. Raises ValueError."""
    text = text.strip()
    if is_version(text):
        return text
    if loose := _LOOSE.fullmatch(text):
        return ".".join(str(int(number or 0)) for number in loose.groups())
    raise ValueError(f'"{text[:LONGEST]}" is not a version. Write one like 1.0.0.')
