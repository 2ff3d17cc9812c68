"""How a person has arranged the sidebar: favourites in their order, folded departments, and its width.

Kept in `users.preferences["sidebar"]`. A favourite is named "board-4", "agent-17" or "view-3"; one that the person may
not see any more, or that is gone, is not shown.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select

from helix import live
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.errors import Conflict, Invalid
from helix.models import Agent, Board, SavedView, User
from helix.policies.actor import Actor
from helix.services.access import on_visible_boards
from helix.services.accounts import lookup

MAX_STARRED, MAX_FOLDED = 50, 500
WIDTHS = ("auto", "wide", "narrow")
_KEY = re.compile(r"(board|agent|view)-([1-9][0-9]{0,14})")


class Favourite(NamedTuple):
    """A line of the sidebar. `kind` is board, agent or view."""

    key: str
    kind: str
    label: str
    href: str


class Arrangement(NamedTuple):
    """`width` is "narrow" (icons only), "wide", or "auto": by the width of the window."""

    starred: tuple[str, ...] = ()
    folded: frozenset[int] = frozenset()
    width: str = "auto"


def arrangement(preferences: Mapping[str, Any]) -> Arrangement:
    """From `users.preferences`."""
    stored = preferences.get("sidebar", {})
    return Arrangement(
        tuple(stored.get("starred", ())), frozenset(stored.get("folded", ())), stored.get("width", "auto")
    )


def favourites(actor: Actor, keys: Sequence[str]) -> tuple[Favourite, ...]:
    """The favourites with these keys, in their order. A statement for each kind among them."""
    by_kind: dict[str, list[int]] = {}
    for key in keys:
        if found := _KEY.fullmatch(key):
            by_kind.setdefault(found[1], []).append(int(found[2]))
    shown = {favourite.key: favourite for kind, ids in by_kind.items() for favourite in _of_kind(actor, kind, ids)}
    return tuple(shown[key] for key in keys if key in shown)


def _of_kind(actor: Actor, kind: str, ids: Sequence[int]) -> list[Favourite]:
    if kind == "agent":
        agents = rows(select(Agent.id, Agent.name).where(Agent.id.in_(ids), Agent.deleted_at.is_(None)))
        return [Favourite(f"agent-{row.id}", kind, row.name, f"/agents/{row.id}") for row in agents]
    if kind == "board":
        boards = rows(select(Board.id, Board.name).where(Board.id.in_(ids), on_visible_boards(actor, Board.id)))
        return [Favourite(f"board-{row.id}", kind, row.name, f"/boards/{row.id}") for row in boards]
    views = rows(
        select(SavedView.id, SavedView.name, SavedView.board_id, SavedView.query).where(
            SavedView.id.in_(ids),
            SavedView.shared | (SavedView.user_id == (actor.user_id or 0)),
            on_visible_boards(actor, SavedView.board_id),
        )
    )
    return [
        Favourite(
            f"view-{row.id}",
            kind,
            row.name,
            f"/boards/{row.board_id}?view={row.id}{'&' if row.query else ''}{row.query}",
        )
        for row in views
    ]


def star(actor: Actor, key: str, *, on: bool) -> Arrangement:
    """Add a favourite at the end, or take it off. Raises Invalid for what does not exist, Conflict beyond the limit."""
    if on and not favourites(actor, [key]):
        raise Invalid.field("key", "There is nothing of that name to add.")
    with transaction():
        user = lookup.own(actor)
        now = arrangement(user.preferences)
        starred = [other for other in now.starred if other != key] + ([key] if on else [])
        if len(starred) > MAX_STARRED:
            raise Conflict(f"You have {MAX_STARRED} favourites. Take one off first.")
        return _store(user, now._replace(starred=tuple(starred)))


def order(actor: Actor, keys: Sequence[str]) -> Arrangement:
    """Put the favourites into this order; those that are not named follow as they were."""
    with transaction():
        user = lookup.own(actor)
        now = arrangement(user.preferences)
        named = [key for key in dict.fromkeys(keys) if key in now.starred]
        rest = [key for key in now.starred if key not in named]
        return _store(user, now._replace(starred=(*named, *rest)))


def fold(actor: Actor, department_id: int, *, folded: bool) -> Arrangement:
    with transaction():
        user = lookup.own(actor)
        now = arrangement(user.preferences)
        departments = now.folded | {department_id} if folded else now.folded - {department_id}
        if len(departments) > MAX_FOLDED:
            raise Conflict("Too many departments are folded.")
        return _store(user, now._replace(folded=departments))


def set_width(actor: Actor, width: str) -> Arrangement:
    if width not in WIDTHS:
        raise Invalid.field("width", "Choose auto, wide or narrow.")
    with transaction():
        user = lookup.own(actor)
        return _store(user, arrangement(user.preferences)._replace(width=width))


def _store(user: User, arranged: Arrangement) -> Arrangement:
    stored = {"starred": list(arranged.starred), "folded": sorted(arranged.folded), "width": arranged.width}
    user.preferences = {**user.preferences, "sidebar": stored}
    with transaction() as after_commit:
        after_commit(live.publish, "sidebar", user_id=user.id)
    return arranged
