"""Sample data for /dev/components, including long, empty and failed states."""

from datetime import UTC, datetime, timedelta
from typing import Any

from helix.models.vocabulary import RunStatus
from helix.policies.moves import MOVES
from helix.services.navigation import SidebarBoard, SidebarDepartment
from helix.services.sidebar import Favourite
from helix.services.tasks.columns import COLUMNS
from helix.web.boards.card import cards_html
from helix.web.boards.columns import Cell, Head

NOW = datetime.now(UTC)


def before(**ago: float) -> datetime:
    return NOW - timedelta(**ago)


AGENTS = [
    {"id": 1, "name": "Maven", "role_title": "Marketing manager", "status": "online"},
    {"id": 2, "name": "Sierra", "role_title": "SEO specialist", "status": "busy"},
    {"id": 3, "name": "Adley", "role_title": "Meta ads buyer", "status": "error"},
    {"id": 4, "name": "Klay", "role_title": "E-mail marketer", "status": "offline"},
    {
        "id": 5,
        "name": "Wilhelmina Featherstonehaugh-Cholmondeley the Third of Bath",
        "role_title": "Q",
        "status": "online",
    },
    {"id": 6, "name": "ד", "role_title": "תמיכת לקוחות", "status": "online"},
]
LONG = "Rewrite the onboarding sequence so that " + "every customer who signs up through a partner " * 10
VIEWER = {"id": 1, "name": "Jane Smith", "email": "jane@example.org", "is_admin": True, "avatar_url": None}
DEPARTMENTS: list[dict[str, Any]] = [
    {
        "id": 1,
        "name": "Marketing",
        "emoji": "📣",
        "boards": ["Marketing Overview", "Meta Ads", "Email Marketing", "SEO & Blog"],
    },
    {"id": 2, "name": "Customer Service", "emoji": "💬", "boards": ["CS Inbox", "Outbound", "CS Knowledge Base"]},
    {"id": 3, "name": "Operations", "emoji": "📦", "boards": ["Director Inbox", "Order Processing"]},
    {"id": 4, "name": "Tech", "emoji": "🛠️", "boards": ["Development", "Testing", "Bug Tracker"]},
]
OPEN = [7, 3, 0, 12, 41, 2, 5, 1, 9, 18, 4, 33]


def navigation() -> dict[str, Any]:
    numbers = iter(range(1, 99))
    departments = []
    for department in DEPARTMENTS:
        boards = tuple(SidebarBoard(n := next(numbers), name, OPEN[n - 1]) for name in department["boards"])
        departments.append(SidebarDepartment(department["id"], department["name"], department["emoji"], boards))
    return {"departments": tuple(departments), "inbox_count": 4, "unread_count": 12} | {
        "snoozed_until": None,
        "favourites": (Favourite("board-4", "board", "SEO & Blog", "#"), Favourite("agent-1", "agent", "Sierra", "#")),
        "starred": ("board-4", "agent-1"),
        "folded": frozenset(),
        "width": "auto",
        "admin": True,
    }


def task(id_: int, title: str, status: str = "todo", **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": id_,
        "key": f"SEO-{id_}",
        "version": 1,
        "title": title,
        "status": status,
        "priority": "medium",
        "position": f"a{id_:04}",
        "assigned_agent": AGENTS[0],
        "assigned_user": None,
        "due_date": None,
        "tags": [],
        "requires_approval": False,
        "result": None,
        "archived": False,
        "comment_count": 0,
        "attachment_count": 0,
        "last_run": None,
        "waiting": None,
        "watching": True,
    }
    return {**plain, **more}


def run(id_: int, status: str, **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": id_,
        "status": status,
        "reason": None,
        "message": None,
        "attempt": 1,
        "cost_usd": 0.0142,
        "trigger": "manual",
        "model": "claude-sonnet-5",
        "input_tokens": 9120,
        "output_tokens": 1384,
        "duration_seconds": 42,
        "waiting": None,
        "queued_at": before(minutes=9),
        "started_at": before(minutes=8),
        "finished_at": before(minutes=7),
        "steps": [],
    }
    return {**plain, "is_live": RunStatus(status).is_live, **more}


REFUSED = "Anthropic refused the key. Put a working key into the model's settings, then run the task again."
FULL = {"code": "agent_limit", "message": "Sierra is at her limit of one run at a time."}
CARDS = [
    task(
        214,
        "Compare our shipping page with the three nearest competitors",
        tags=["seo", "research"],
        priority="low",
        comment_count=2,
    ),
    task(
        231,
        "Draft the July newsletter about the new returns policy",
        tags=["newsletter"],
        priority="high",
        due_date=NOW + timedelta(days=1),
        attachment_count=2,
    ),
    task(
        198,
        "Explain the drop in add-to-cart since the theme update",
        priority="urgent",
        due_date=before(days=2),
        tags=["analytics", "urgent-fix"],
        assigned_agent=AGENTS[2],
        last_run=run(5, "failed", reason="key_refused", message=REFUSED),
    ),
    task(
        240,
        "Write meta descriptions for the 40 most visited product pages",
        "todo",
        tags=["seo"],
        assigned_agent=AGENTS[1],
        last_run=run(6, "queued"),
        waiting=FULL,
    ),
    task(
        187,
        "Subject lines for the win-back campaign",
        "rejected",
        priority="high",
        assigned_agent=AGENTS[3],
        feedback="Too pushy. Keep the offer, lose the countdown.",
        comment_count=5,
    ),
    task(
        222,
        "Outline a buying guide for first-time espresso owners",
        "in_progress",
        priority="high",
        tags=["blog", "guide"],
        assigned_agent=AGENTS[1],
        last_run=run(7, "running", started_at=before(seconds=42)),
        comment_count=1,
    ),
    task(226, "Call the courier about the two lost parcels", "in_progress", assigned_agent=None, priority="medium"),
    task(
        219,
        "Ad copy for the autumn sale, three variants for each audience",
        "review",
        priority="high",
        requires_approval=True,
        tags=["ads", "copy"],
        due_date=NOW + timedelta(hours=5),
        comment_count=4,
        attachment_count=1,
    ),
    task(
        205,
        LONG[:500],
        "review",
        tags=["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "a-tag-with-a-rather-long-name"],
        assigned_agent=AGENTS[4],
        priority="urgent",
        comment_count=128,
        attachment_count=14,
    ),
    task(
        209,
        "כתוב מענה ללקוח שקיבל מכונת אספרסו פגומה",
        "review",
        assigned_agent=AGENTS[5],
        tags=["תמיכה"],
        priority="low",
    ),
    task(176, "Reply templates for late deliveries", "done", priority="low", comment_count=3),
    task(
        171, "Translate the size chart into German and French", "done", assigned_agent=AGENTS[4], tags=["translation"]
    ),
    task(168, "Weekly report of Meta spend", "done", assigned_agent=AGENTS[2]),
]


def columns(may: dict[str, bool]) -> list[tuple[Head, Cell]]:
    """Six columns: one has reached its limit, two are folded."""
    found = []
    for status in COLUMNS:
        cards = [
            card for card in CARDS if card["status"] == status or (status == "todo" and card["status"] == "rejected")
        ]
        found.append(
            (
                Head(
                    status,
                    total=len(cards),
                    of_all=len(cards),
                    is_filtered=False,
                    wip_limit=3 if status == "review" else None,
                    moves=MOVES[status],
                    folded=status in ("approved", "cancelled") and not cards,
                ),
                Cell(status, cards_html(cards, 2, lambda _card: may), None),
            )
        )
    return found


AGENT_CARDS = [
    {
        **agent,
        "execution_mode": "auto" if agent["id"] % 2 else "manual",
        "enabled": True,
        "open_count": agent["id"] * 3 - 2,
        "budget_paused": agent["id"] == 4,
        "current_run": {"task": {"id": 222, "title": "Outline a buying guide for first-time espresso owners"}},
        "spent_this_month_usd": agent["id"] * 2.31,
        "monthly_budget_usd": 10 if agent["id"] != 6 else None,
        "reason": {3: "Anthropic refused the key", 4: "Paused: the budget of October is used up"}.get(agent["id"]),
    }
    for agent in AGENTS
]
ATTACHMENTS = [
    {
        "id": 1,
        "name": "autumn-sale-brief-final-version-2 (approved by Omar).pdf",
        "size": 482133,
        "url": "#",
        "is_image": False,
        "version": 1,
        "made_by_run_id": None,
        "may_delete": True,
    }
]
