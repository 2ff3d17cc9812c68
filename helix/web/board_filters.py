"""What a board is narrowed to, as it stands in the address: `?q=&agent=&priority=&tag=&due=&creator=&archived=`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from helix import clock
from helix.models.vocabulary import Priority
from helix.policies.actor import Actor
from helix.services.tasks import TaskFilter
from helix.text import times

NAMES = ("q", "agent", "priority", "tag", "due", "creator", "archived")
DUE = {"overdue": "Overdue", "today": "Due today", "week": "Due within a week"}
PRIORITIES = {str(word) for word in Priority}


@dataclass(frozen=True)
class BoardFilter:
    """Values as they are written in the address; what cannot be read is left out."""

    q: str = ""
    agent: int | None = None
    priority: str = ""
    tag: str = ""
    due: str = ""
    creator: str = ""
    archived: bool = False

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "BoardFilter":
        creator = args.get("creator", "")
        return cls(
            q=_clean(args.get("q", ""))[:200],
            agent=int(args["agent"]) if _is_id(args.get("agent", "")) else None,
            priority=args["priority"] if args.get("priority") in PRIORITIES else "",
            tag=_clean(args.get("tag", "")).lower()[:50],
            due=args["due"] if args.get("due") in DUE else "",
            creator=creator if creator == "me" or _is_id(creator) else "",
            archived=args.get("archived") == "1",
        )

    def __bool__(self) -> bool:
        return bool(self.query())

    def query(self, without: str = "") -> dict[str, str]:
        """The parts of the address that are set; `without` leaves one of them out."""
        found = {name: getattr(self, name) for name in NAMES if name != without}
        return {name: "1" if value is True else str(value) for name, value in found.items() if value}

    def address(self, without: str = "") -> str:
        """ "?tag=seo&due=week", or "?" for no filter at all: it replaces the query of the page."""
        return f"?{urlencode(self.query(without))}"

    def wanted(self, actor: Actor, board_id: int, zone: str) -> TaskFilter:
        now = clock.now()
        today = times.today(now, zone)
        before = {
            "": None,
            "overdue": now,
            "today": times.end_of_day(today, zone),
            "week": times.end_of_day(today + timedelta(days=7), zone),
        }[self.due]
        creator = actor.user_id if self.creator == "me" else int(self.creator) if self.creator else None
        return TaskFilter(
            board_id=board_id,
            assigned_agent_id=self.agent,
            archived=self.archived,
            priority=Priority(self.priority) if self.priority else None,
            tag=self.tag or None,
            created_by=creator,
            due_before=before,
            q=self.q or None,
        )

    def chips(self, agents: Mapping[int, str]) -> list[dict[str, str]]:
        """What is set, in words, each with the address that takes it away."""
        words = {
            "q": f"“{self.q}”",
            "agent": f"Agent: {agents.get(self.agent or 0, 'unknown')}",
            "priority": f"Priority: {self.priority.capitalize()}",
            "tag": f"Tag: {self.tag}",
            "due": DUE.get(self.due, ""),
            "creator": "Created by me" if self.creator == "me" else "Created by one person",
            "archived": "Archived",
        }
        return [{"label": words[name], "href": self.address(without=name)} for name in self.query()]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def _clean(text: str) -> str:
    """Without what a database cannot keep."""
    return "".join(letter for letter in text if letter.isprintable()).strip()
