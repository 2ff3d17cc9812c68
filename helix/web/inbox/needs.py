"""The first of what waits, for the dashboard and for what is decided there."""

from typing import Any

from helix.web.blueprint import actor, layout_context
from helix.web.inbox import items

MOST, MOST_HELD = 6, 3


def needs() -> dict[str, Any]:
    """Of what waits, the first few; and the runs that wait for somebody, which nobody has to answer."""
    boards = {board.id: board.name for board in layout_context().boards}
    found = items.pending_items(actor(), boards, limit=MOST)
    return {
        "needs": found[:MOST],
        "needs_count": layout_context().inbox,
        "held": items.blocked_runs(actor(), limit=MOST_HELD),
    }
