"""Who sees a board: everybody, or only some people; and the levels of single people. Admins only."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models import Board
from helix.models.vocabulary import BoardLevel, Role
from helix.services import accounts, boards, settings
from helix.web.admins import require_admin
from helix.web.blueprint import (
    actor,
    close_dialog,
    is_htmx_request,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.board_levels import LEVELS, level_of, sentence_of_default
from helix.web.forms import is_id

blueprint = signed_in_blueprint("board_people")
blueprint.before_request(require_admin)
BLUEPRINTS = (blueprint,)
# More people than this are given levels in Team.
MOST = 200


@blueprint.get("/boards/<int:board_id>/people")
def form(board_id: int) -> ResponseReturnValue:
    board = boards.get(actor(), board_id)
    people = accounts.list_users(actor(), limit=MOST, offset=0, role=Role.MEMBER)
    own = {grant.user_id: BoardLevel(grant.level).word for grant in boards.permissions(actor(), board_id)}
    admins = accounts.list_users(actor(), limit=MOST, offset=0, role=Role.ADMIN)
    context: dict[str, Any] = {
        "title": f"Who sees {board.name}",
        "action": f"/boards/{board_id}/people",
        "board": board,
        "people": people,
        "own": own,
        "admins": [admin.name for admin in admins],
        "is_private": board.default_level == BoardLevel.NONE,
        "default": BoardLevel(board.default_level or 0).word if board.default_level else "",
        "of_organization": LEVELS[BoardLevel(settings.organization().default_board_level).word],
        "levels": LEVELS,
        "more": accounts.count(actor(), role=Role.MEMBER) > MOST,
    }
    if is_htmx_request():
        return render_partial("boards/_people.html", **context)
    return render_page(
        "boards/page_of_form.html",
        here=f"board-{board_id}",
        fields="boards/_people_fields.html",
        deletes=False,
        **context,
    )


@blueprint.post("/boards/<int:board_id>/people")
def save(board_id: int) -> ResponseReturnValue:
    """`who` is `everybody` (with `default`, a level or empty) or `some`; `level-3` is the level of person 3."""
    levels = {
        int(user_id): level_of(word)
        for name, word in request.form.items()
        if is_id(user_id := name.removeprefix("level-")) and name.startswith("level-")
    }
    board = boards.set_people(actor(), board_id, _default(), levels)
    if not is_htmx_request():
        return redirect_to(f"/boards/{board_id}")
    return close_dialog(render_toast(_said(board)))


def _default() -> BoardLevel | None:
    who = request.form.get("who")
    if who not in ("everybody", "some"):
        raise Invalid.field("who", "Choose who sees the board.")
    return BoardLevel.NONE if who == "some" else level_of(request.form.get("default", ""))


def _said(board: Board) -> str:
    if board.default_level == BoardLevel.NONE:
        return f"Only the people with a level see {board.name}."
    return sentence_of_default(board.name, boards.default_of(board))
