"""What happened as a line of a feed: who, did what, with a link to what it was done to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from helix.models import Activity
from helix.web.activity.labels import sentence

# Where a thing of a kind can be seen; what is missing here has no page of its own.
PAGES = {"task": "/tasks/{}", "board": "/boards/{}", "agent": "/agents/{}", "skill": "/skills/{}"}
LISTS = {
    "model": "/models",
    "user": "/team",
    "department": "/boards",
    "settings": "/settings",
    "webhook": "/settings/webhooks",
}
# Said of the person who did it.
INTRANSITIVE = {"user.signed_in"}


@dataclass(frozen=True)
class Line:
    """`before` + the thing's name + `after`: "moved", "Write a post", "from To Do to Review"."""

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
