"""Lines of the activity feed: actor, action, and a link to the object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from helix.models import Activity
from helix.text import task_keys
from helix.web.activity.labels import sentence

# Pages of objects and of lists, by type. Other types have no page.
PAGES = {
    "task": "/tasks/{}",
    "board": "/boards/{}",
    "agent": "/agents/{}",
    "skill": "/skills/{}",
    "tool_source": "/settings/tools/{}",
}
LISTS = {
    "model": "/models",
    "user": "/team",
    "department": "/boards",
    "settings": "/settings",
    "webhook": "/settings/webhooks",
}
# Actions whose sentence has no object: the user is the actor.
INTRANSITIVE = {"user.signed_in"}


@dataclass(frozen=True)
class Line:
    """One line: `before`, the object's name and `after`, as in "moved", "Write a post", "from To Do to Review".

    `key` is the readable id of a task, else empty.
    """

    entry: Activity
    before: str
    after: str
    what: str
    key: str
    href: str | None

    @property
    def at(self) -> datetime:
        return self.entry.created_at


def lines(entries: Sequence[Activity], board_keys: Mapping[int, str | None] | None = None) -> list[Line]:
    """`board_keys` of the boards that the viewer sees, by id: entries about tasks then carry the readable id."""
    return [line(entry, board_keys) for entry in entries]


def line(entry: Activity, board_keys: Mapping[int, str | None] | None = None) -> Line:
    key = _task_key(entry, board_keys or {})
    words = sentence(entry).split(" ")
    if "it" in words:
        place = words.index("it")
        return Line(entry, " ".join(words[:place]), " ".join(words[place + 1 :]), entry.entity_title, key, _href(entry))
    if entry.action in INTRANSITIVE:
        return Line(entry, " ".join(words), "", "", "", None)
    joined = "of" if words[0] == "changed" else "on"
    return Line(entry, " ".join([*words, joined]), "", entry.entity_title, key, _href(entry))


def _task_key(entry: Activity, board_keys: Mapping[int, str | None]) -> str:
    if entry.entity_type != "task" or entry.entity_id is None or not board_keys.get(entry.board_id or 0):
        return ""
    return task_keys.readable(board_keys[entry.board_id or 0], entry.entity_id)


def _href(entry: Activity) -> str | None:
    if entry.action.endswith(".deleted") or entry.entity_id is None:
        return None
    found = PAGES.get(entry.entity_type)
    return found.format(entry.entity_id) if found else LISTS.get(entry.entity_type)
