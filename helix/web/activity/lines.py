"""Lines of the activity feed: actor, action, and a link to the object."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from helix.models import Activity
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
    """One line: `before`, the object's name and `after`, as in "moved", "Write a post", "from To Do to Review"."""

    entry: Activity
    before: str
    after: str
    what: str
    href: str | None

    @property
    def at(self) -> datetime:
        return self.entry.created_at


def lines(entries: Sequence[Activity]) -> list[Line]:
    return [line(entry) for entry in entries]


def line(entry: Activity) -> Line:
    words = sentence(entry).split(" ")
    if "it" in words:
        place = words.index("it")
        return Line(entry, " ".join(words[:place]), " ".join(words[place + 1 :]), entry.entity_title, _href(entry))
    if entry.action in INTRANSITIVE:
        return Line(entry, " ".join(words), "", "", None)
    joined = "of" if words[0] == "changed" else "on"
    return Line(entry, " ".join([*words, joined]), "", entry.entity_title, _href(entry))


def _href(entry: Activity) -> str | None:
    if entry.action.endswith(".deleted") or entry.entity_id is None:
        return None
    found = PAGES.get(entry.entity_type)
    return found.format(entry.entity_id) if found else LISTS.get(entry.entity_type)
