"""Rights on saved views of a board: private ones and shared ones."""

from helix.models.board import SavedView
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor


def may_see(actor: Actor, view: SavedView) -> bool:
    """A private view is visible to its owner only, not even to admins."""
    return actor.level_on(view.board_id) >= BoardLevel.VIEW and (view.shared or owns(actor, view))


def owns(actor: Actor, view: SavedView) -> bool:
    return actor.user_id is not None and view.user_id == actor.user_id


def may_change(actor: Actor, view: SavedView) -> bool:
    return owns(actor, view) or actor.is_admin


def may_share(actor: Actor, board_id: int) -> bool:
    """May share a view with everyone who sees the board."""
    return actor.level_on(board_id) >= BoardLevel.MANAGE
