"""What happened as a line of a feed: who, did what, with a link to what it was done to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helix.models import Activity
from helix.web.activity import words as activity_words

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
    words = _words(entry).split(" ")
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


def _words(entry: Activity) -> str:
    if entry.action in activity_words.WORDS:
        return activity_words.words(entry)
    found = WORDS.get(entry.action)
    return found(entry.details or {}) if found else _plain(entry.action)


def _plain(action: str) -> str:
    """ "skill.restored" as "restored it"."""
    return f"{action.partition('.')[2].replace('_', ' ') or action} it"


def _fields(details: Mapping[str, Any]) -> str:
    names = [str(name).removesuffix("_usd").removesuffix("_id").replace("_", " ") for name in details.get("fields", [])]
    return f"changed the {' and the '.join(names)}" if names else "changed it"


WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "agent.updated": _fields,
    "board.updated": _fields,
    "department.updated": _fields,
    "model.updated": _fields,
    "settings.updated": _fields,
    "settings.exported": lambda _: "exported everything of it",
    "user.updated": _fields,
    "skill.updated": _fields,
    "webhook.updated": _fields,
    "webhook.switched_off": lambda _: "switched off the webhook it",
    "user.invited": lambda _: "invited it",
    "user.reset_link_made": lambda _: "made a link for a new password for it",
    "user.signed_in": lambda _: "signed in",
    "user.sign_in_failed": lambda details: f"refused the sign-in of it: {details.get('reason') or 'a wrong password'}",
    "user.deleted": lambda _: "closed the account of it",
    "token.created": lambda _: "made the API token it",
    "token.deleted": lambda _: "deleted the API token it",
}


def label(action: str) -> str:
    """The action as a choice of a list: "task.moved" as "Task moved"."""
    noun, _, verb = action.partition(".")
    return f"{noun} {verb}".replace("_", " ").strip().capitalize()
