"""Sample data for /dev/components: charts, diffs, the feed, webhooks, an edit conflict."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

from helix.services.costs import GroupBy
from helix.text import diff
from helix.web import edit_conflicts
from helix.web.costs.chart import stacked_chart
from helix.web.dev.data import AGENTS, before

DAYS = [date(2026, 11, 1) + timedelta(days=number) for number in range(24)]
NAMES = [agent["name"] for agent in AGENTS] + ["Quill", "Otto"]
LAYERS = [(name, [(number * 7 + day * 3) % 11 / 4 for day in range(24)]) for number, name in enumerate(NAMES)]
COSTS = {
    "costs": SimpleNamespace(month=DAYS[0]),
    "free": False,
    "by": GroupBy.AGENT,
    "choices": list(GroupBy),
    "chart": stacked_chart(DAYS, LAYERS),
}

OLD = "# Tone\n\nWarm, plain, short.\nNo exclamation marks.\nSign as Helix Coffee."
NEW = "# Tone\n\nWarm, plain, and never longer than it must be.\nNo exclamation marks.\nSign as the Helix Coffee team."
DIFFERENCE = diff.lines(OLD, NEW, context=1)
CONFLICT = edit_conflicts.conflict_context(
    "skill",
    {"category": "Category", "agent_ids": "Agents"},
    {"content": OLD, "category": "Marketing", "agent_ids": "Maven, Sierra"},
    {"content": NEW, "category": "", "agent_ids": "Maven, Sierra"},
    text="content",
    back="#",
)


def line(id_: int, kind: str, name: str, said: str, what: str | None = None, rest: str = "") -> Any:
    entry = SimpleNamespace(id=id_, actor_type=kind, actor_id=id_, actor_name=name, created_at=before(minutes=id_ * 9))
    return SimpleNamespace(entry=entry, before=said, what=what, href="#" if what else None, after=rest, key="")


FEED = [
    line(1, "user", "Omar Haddad", "sent back", "Subject lines for the win-back campaign", "with feedback"),
    line(2, "agent", "Sierra", "finished", "Outline a buying guide for first-time espresso owners"),
    line(3, "system", "HELIX", "made a back-up"),
]
HOOKS = [
    SimpleNamespace(health=health, off_reason=reason)
    for health, reason in (("ok", ""), ("failing", ""), ("off", ""), ("off", "It failed for a day."), ("new", ""))
]
DELIVERIES = [
    SimpleNamespace(status=status, error=error)
    for status, error in (("delivered", ""), ("failed", "410 Gone"), ("pending", ""), ("pending", "503"))
]
