"""Saved views: a board's filters and lanes under a name, private or shared with everyone who sees the board."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import bindparam, func, or_, select

from helix import live
from helix.db.locking import lock
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.errors import Conflict, Forbidden, Invalid, NotFound
from helix.extensions import db
from helix.models import SavedView
from helix.policies import views as policy
from helix.policies.actor import Actor
from helix.services.access import on_visible_boards
from helix.services.boards import lookup

# The query parameters of a board page that a view may store.
QUERY_FIELDS = ("q", "agent", "priority", "tag", "due", "creator", "archived", "lanes")
MAX_VIEWS = 50


def views(actor: Actor, board_id: int) -> Sequence[Any]:
    """The views that the actor sees on a board, shared ones first, then by name. Empty for a hidden board."""
    return rows(_views(actor), board_id=board_id)


def _views(actor: Actor) -> Any:
    return (
        select(SavedView.__table__)
        .where(
            SavedView.board_id == bindparam("board_id"),
            or_(SavedView.shared, SavedView.user_id == (actor.user_id or 0)),
            on_visible_boards(actor, SavedView.board_id),
        )
        .order_by(SavedView.shared.desc(), func.lower(SavedView.name), SavedView.id)
    )


def view(
    actor: Actor, view_id: int, *, to: Callable[[Actor, SavedView], bool] = policy.may_see, for_update: bool = False
) -> SavedView:
    """The view, if the policy `to` allows it. Raises NotFound when the actor cannot see it, else Forbidden."""
    saved_view = lock(SavedView, view_id) if for_update else db.session.get(SavedView, view_id)
    if saved_view is None or not policy.may_see(actor, saved_view):
        raise NotFound("There is no such view.")
    if not to(actor, saved_view):
        raise Forbidden("Only its creator and admins can change this view. Save your own view instead.")
    return saved_view


def add_view(actor: Actor, board_id: int, *, name: str, query: str, shared: bool = False) -> SavedView:
    """Save a view. Raises Conflict when the user has one of that name there, Forbidden for sharing without `manage`."""
    if actor.user_id is None:
        raise Forbidden("Only users can save views.")
    with transaction() as after_commit:
        lookup.get(actor, board_id, keep=True)
        _check_sharing(actor, board_id, shared)
        _check_view_limit(actor.user_id, board_id)
        name = _free_name(name, actor.user_id, board_id)
        new_view = SavedView(
            board_id=board_id, user_id=actor.user_id, name=name, query=normalize_query(query), shared=shared
        )
        db.session.add(new_view)
        db.session.flush()
        _publish(after_commit, new_view, shared=shared)
    return new_view


def edit_view(actor: Actor, view_id: int, changes: dict[str, Any]) -> SavedView:
    """Apply the fields that were sent: name, query, shared."""
    with transaction() as after_commit:
        saved = view(actor, view_id, to=policy.may_change, for_update=True)
        was_shared = saved.shared
        if changes.get("shared", was_shared) != was_shared:
            _check_sharing(actor, saved.board_id, changes["shared"])
            saved.shared = changes["shared"]
        if "name" in changes:
            saved.name = _free_name(changes["name"], saved.user_id, saved.board_id, besides=saved.id)
        if "query" in changes:
            saved.query = normalize_query(changes["query"])
        _publish(after_commit, saved, shared=saved.shared or was_shared)
    return saved


def delete_view(actor: Actor, view_id: int) -> None:
    with transaction() as after_commit:
        saved = view(actor, view_id, to=policy.may_change, for_update=True)
        db.session.delete(saved)
        _publish(after_commit, saved, shared=saved.shared)


def serialize_view(actor: Actor, saved: SavedView) -> dict[str, Any]:
    """The API representation of a view."""
    return {
        "id": saved.id,
        "board_id": saved.board_id,
        "name": saved.name,
        "query": saved.query,
        "shared": saved.shared,
        "user_id": saved.user_id,
        "mine": policy.owns(actor, saved),
    }


def normalize_query(text: str) -> str:
    """The query string in a fixed order without empty values, so that equal filters give equal strings."""
    try:
        sent = dict(parse_qsl(text.removeprefix("?"), strict_parsing=bool(text.removeprefix("?")), errors="strict"))
    except ValueError:
        raise Invalid.field("query", "Write it as in the board's address: priority=high&lanes=agent.") from None
    unknown = [name for name in sent if name not in QUERY_FIELDS]
    if unknown:
        raise Invalid.field("query", f"A board has no filter {unknown[0]}. Use {', '.join(QUERY_FIELDS)}.")
    tidy = urlencode({name: sent[name] for name in QUERY_FIELDS if sent.get(name)})
    if len(tidy) > 1000:
        raise Invalid.field("query", "This is too long: 1,000 characters at most.")
    return tidy


def _check_sharing(actor: Actor, board_id: int, shared: bool) -> None:
    if shared and not policy.may_share(actor, board_id):
        raise Forbidden("You need the level “manage” on this board to share a view. Keep it private instead.")


def _check_view_limit(user_id: int, board_id: int) -> None:
    count = select(func.count()).where(SavedView.user_id == user_id, SavedView.board_id == board_id)
    if (db.session.scalar(count) or 0) >= MAX_VIEWS:
        raise Conflict(f"You have {MAX_VIEWS} views on this board. Delete one first.")


def _free_name(name: str, user_id: int, board_id: int, *, besides: int = 0) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid.field("name", "Give a name.")
    others = select(SavedView.name).where(
        SavedView.user_id == user_id, SavedView.board_id == board_id, SavedView.id != besides
    )
    if name.casefold() in {other.casefold() for other in db.session.scalars(others)}:
        raise Conflict(f"You already have a view {name} on this board. Choose another name.")
    return name


def _publish(after_commit: Callable[..., None], saved: SavedView, *, shared: bool) -> None:
    after_commit(live.publish, "view", saved.id, board_id=saved.board_id, user_id=None if shared else saved.user_id)
