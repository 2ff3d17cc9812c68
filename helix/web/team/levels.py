"""The matrix of permissions: boards as rows, people as columns. Admins only."""

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models import User
from helix.models.vocabulary import BoardLevel, Role
from helix.services import accounts, boards, settings
from helix.web import paging
from helix.web.admins import require_admin
from helix.web.blueprint import (
    actor,
    append_html,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.forms import parse_id

blueprint = signed_in_blueprint("levels")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
# People (columns) per page.
PAGE_SIZE = 12
LEVELS = {"none": "Nothing", "view": "View", "create": "Create", "manage": "Manage"}


@blueprint.get("/team/levels")
def index() -> ResponseReturnValue:
    total = accounts.count(actor())
    people = accounts.list_users(actor(), limit=PAGE_SIZE, offset=paging.offset(PAGE_SIZE))
    own = boards.all_permissions(actor(), [user.id for user in people])
    return render_page(
        "team/levels.html",
        here="team",
        tab="levels",
        people=people,
        admin_ids={user.id for user in people if user.role == Role.ADMIN},
        departments=layout_context().departments(),
        own={place: level.word for place, level in own.items()},
        default=_default(),
        levels=LEVELS,
        first=paging.offset(PAGE_SIZE) + 1,
        **paging.pager_context(total, PAGE_SIZE),
    )


def _default() -> str:
    return BoardLevel(settings.organization().default_board_level).word


@blueprint.post("/team/levels")
def set_level() -> ResponseReturnValue:
    """Set the level of one person on one board; empty resets it to the organization's default."""
    user_id = parse_id(request.form.get("user_id", ""), "user_id") or 0
    board_id = parse_id(request.form.get("board_id", ""), "board_id") or 0
    word = request.form.get("level", "")
    if word and word not in LEVELS:
        raise Invalid.field("level", "Choose an option from the list.")
    boards.set_permission(actor(), board_id, user_id, BoardLevel.of(word) if word else None)
    if not is_htmx_request():
        return redirect_to("/team/levels")
    person, board = accounts.get(actor(), user_id), boards.get(actor(), board_id)
    cell = render_partial("team/_level.html", person=person, board=board, level=word, default=_default(), levels=LEVELS)
    return append_html(cell, render_toast(_toast_text(person, board.name, word)))


def _toast_text(person: User, board: str, word: str) -> str:
    if not word:
        return f"{person.name} has the default level on {board} again."
    does = {"none": "does not see", "view": "may read", "create": "may work on", "manage": "manages"}[word]
    also = " Admins manage every board all the same." if person.role == Role.ADMIN else ""
    return f"{person.name} {does} {board}.{also}"
