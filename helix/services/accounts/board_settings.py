"""How a person looks at boards, kept with the account: the layout of each board, and what all cards show."""

from typing import Any, NamedTuple

from helix.db.transaction import transaction
from helix.policies.actor import Actor
from helix.services.accounts import lookup

LAYOUTS = ("board", "list", "calendar")
# Parts of a card that can be hidden.
CARD_FIELDS = ("due", "tags", "agent", "counts")
# Boards whose layout is kept; the ones chosen first are forgotten.
MOST_BOARDS = 200


class BoardSettings(NamedTuple):
    """For one board of a person."""

    layout: str = "board"
    is_compact: bool = False
    hidden: tuple[str, ...] = ()


def board_settings(preferences: Any, board_id: int) -> BoardSettings:
    """From `User.preferences`. What is not understood counts as not set."""
    kept = preferences.get("board") if isinstance(preferences, dict) else None
    if not isinstance(kept, dict):
        return BoardSettings()
    layouts, hidden = kept.get("layouts"), kept.get("hidden")
    layout = layouts.get(str(board_id)) if isinstance(layouts, dict) else None
    return BoardSettings(
        layout if layout in LAYOUTS else "board",
        kept.get("compact") is True,
        tuple(name for name in CARD_FIELDS if isinstance(hidden, list) and name in hidden),
    )


def keep_board_settings(actor: Actor, board_id: int, wanted: BoardSettings) -> None:
    """Store them: the layout for this board, the rest for all boards."""
    with transaction():
        user = lookup.own(actor)
        before = user.preferences.get("board")
        layouts = dict(before.get("layouts") or {}) if isinstance(before, dict) else {}
        layouts.pop(str(board_id), None)
        layouts[str(board_id)] = wanted.layout
        kept = {
            "layouts": dict(list(layouts.items())[-MOST_BOARDS:]),
            "compact": wanted.is_compact,
            "hidden": list(wanted.hidden),
        }
        if before != kept:
            user.preferences = {**user.preferences, "board": kept}
