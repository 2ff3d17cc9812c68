from dataclasses import dataclass

from helix.services import names
from helix.text import mentions


@dataclass(frozen=True)
class Mentioned:
    users: list[int]
    agents: list[int]


def mentioned(content: str) -> Mentioned:
    """The people and agents that a text mentions with @, in order, without duplicates."""
    if "@" not in content:
        return Mentioned([], [])
    found = mentions.find(content, names.all_names())
    return Mentioned(
        users=[id for kind, id in found if kind == "user"], agents=[id for kind, id in found if kind == "agent"]
    )
