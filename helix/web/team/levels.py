"""Who may do what on which board: boards by department, people beside one another. For admins."""

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models import User
from helix.models.vocabulary import BoardLevel, Role
from helix.services import accounts, boards, settings
from helix.web import form_values, paging
from helix.web.admins import admins_only
from helix.web.blueprint import actor, around, by_htmx, page, part, see, signed_in_blueprint, toast
from helix.web.forms import ids

blueprint = signed_in_blueprint("levels")
blueprint.before_request(admins_only)
BLUEPRINTS = (blueprint,)
# So many columns can be looked at side by side; the next page has the next people.
AT_ONCE = 12
LEVELS = {"none": "Nothing", "view": "View", "create": "Create", "manage": "Manage"}


@blueprint.get("/team/levels")
def index() -> ResponseReturnValue:
    total = accounts.count(actor())
    people = accounts.list_users(actor(), limit=AT_ONCE, offset=paging.offset(AT_ONCE))
    own = boards.all_permissions(actor(), [user.id for user in people])
    return page(
        "team/levels.html",
        here="team",
        tab="levels",
        people=people,
        departments=around().departments(),
        own={place: level.word for place, level in own.items()},
        default=_default(),
        levels=LEVELS,
        first=paging.offset(AT_ONCE) + 1,
        **paging.turned(total, AT_ONCE),
    )


def _default() -> str:
    return BoardLevel(settings.organization().default_board_level).word


@blueprint.post("/team/levels")
def set_level() -> ResponseReturnValue:
    """One cell. Empty: the organization's default."""
    user_id = ids(request.form.get("user_id", ""), "user_id") or 0
    board_id = ids(request.form.get("board_id", ""), "board_id") or 0
    word = request.form.get("level", "")
    if word and word not in LEVELS:
        raise Invalid.field("level", "Choose one of the list.")
    boards.set_permission(actor(), board_id, user_id, BoardLevel.of(word) if word else None)
    if not by_htmx():
        return see("/team/levels")
    person, board = accounts.get(actor(), user_id), boards.get(actor(), board_id)
    cell = part("team/_level.html", person=person, board=board, level=word, default=_default(), levels=LEVELS)
    return form_values.with_more(cell, toast(_told(person, board.name, word)))


def _told(person: User, board: str, word: str) -> str:
    if not word:
        return f"{person.name} has the default level on {board} again."
    does = {"none": "does not see", "view": "may read", "create": "may work on", "manage": "manages"}[word]
    also = " Admins manage every board all the same." if person.role == Role.ADMIN else ""
    return f"{person.name} {does} {board}.{also}"
