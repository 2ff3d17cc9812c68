"""The matrix of permissions: boards as rows, the default and people as columns. Admins only."""

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models import Board, User
from helix.models.vocabulary import BoardLevel, Role
from helix.services import accounts, boards, settings
from helix.web import paging
from helix.web.admins import require_admin
from helix.web.blueprint import (
    actor,
    append_html,
    flash_toast,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.board_levels import LEVELS, level_of, sentence_of_default
from helix.web.forms import parse_id

blueprint = signed_in_blueprint("levels")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
# People (columns) per page.
PAGE_SIZE = 12
# Of a row and of a column that is set at once.
MOST_PEOPLE = 1000


@blueprint.get("/team/levels")
def index() -> ResponseReturnValue:
    total = accounts.count(actor(), role=Role.MEMBER)
    people = accounts.list_users(actor(), limit=PAGE_SIZE, offset=paging.offset(PAGE_SIZE), role=Role.MEMBER)
    own = boards.all_permissions(actor(), [user.id for user in people])
    found = boards.boards(actor())
    return render_page(
        "team/levels.html",
        here="team",
        tab="levels",
        people=people,
        admins=[user.name for user in accounts.list_users(actor(), limit=MOST_PEOPLE, offset=0, role=Role.ADMIN)],
        departments=layout_context().departments(),
        own={place: level.word for place, level in own.items()},
        of_boards={board.id: _word(board.default_level) for board in found},
        defaults={board.id: boards.default_of(board).word for board in found},
        default=_word(settings.organization().default_board_level),
        levels=LEVELS,
        first=paging.offset(PAGE_SIZE) + 1,
        **paging.pager_context(total, PAGE_SIZE),
    )


def _word(level: int | None) -> str:
    return "" if level is None else BoardLevel(level).word


@blueprint.post("/team/levels")
def set_level() -> ResponseReturnValue:
    """Set the level of one person on one board; empty resets it to the board's default.

    Without a person: what everybody may do on the board; empty: as in the organization.
    """
    level = level_of(request.form.get("level", ""))
    board_id = parse_id(request.form.get("board_id", ""), "board_id") or 0
    if not request.form.get("user_id"):
        board = boards.set_default(actor(), board_id, level)
        # The other cells of the row name the default.
        return _shown_again(sentence_of_default(board.name, boards.default_of(board)))
    user_id = parse_id(request.form["user_id"], "user_id") or 0
    boards.set_permission(actor(), board_id, user_id, level)
    if not is_htmx_request():
        return redirect_to("/team/levels")
    person, board = accounts.get(actor(), user_id), boards.get(actor(), board_id)
    cell = render_partial(
        "team/_level.html",
        person=person,
        board=board,
        level="" if level is None else level.word,
        default=boards.default_of(board).word,
        levels=LEVELS,
    )
    return append_html(cell, render_toast(_toast_text(person, board, level)))


@blueprint.post("/team/levels/all")
def set_several() -> ResponseReturnValue:
    """Set a whole row (`board_id`: the levels of all members there) or a whole column (`user_id`: on all boards)."""
    word = request.form.get("level", "")
    level = None if word == "default" else level_of(word)
    board_id = parse_id(request.form.get("board_id", ""), "board_id")
    user_id = parse_id(request.form.get("user_id", ""), "user_id")
    if not word or (board_id is None) == (user_id is None):
        raise Invalid.field("level", "Choose a level for one board or for one person.")
    if user_id is not None:
        person = accounts.get(actor(), user_id)
        board_ids = [board.id for board in boards.boards(actor())]
        boards.set_all(actor(), level, board_ids=board_ids, user_ids=[user_id])
        return _shown_again(f"{person.name}: {_label(level)} on all boards.")
    board = boards.get(actor(), board_id or 0)
    people = accounts.list_users(actor(), limit=MOST_PEOPLE, offset=0, role=Role.MEMBER)
    boards.set_all(actor(), level, board_ids=[board.id], user_ids=[person.id for person in people])
    return _shown_again(f"{board.name}: {_label(level)} for every member.")


def _label(level: BoardLevel | None) -> str:
    return "the default" if level is None else LEVELS[level.word]


def _shown_again(text: str) -> ResponseReturnValue:
    flash_toast(text)
    page = request.args.get("page", type=int)
    return redirect_to(f"/team/levels?page={page}" if page else "/team/levels")


def _toast_text(person: User, board: Board, level: BoardLevel | None) -> str:
    if level is None:
        return f"{person.name} has the default level on {board.name} again."
    does = {
        BoardLevel.NONE: "does not see",
        BoardLevel.VIEW: "can view",
        BoardLevel.CREATE: "can create tasks on",
        BoardLevel.MANAGE: "manages",
    }[level]
    also = " Admins manage every board all the same." if person.role == Role.ADMIN else ""
    return f"{person.name} {does} {board.name}.{also}"
