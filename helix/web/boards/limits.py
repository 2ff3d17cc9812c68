"""How many cards a column should have at most: set over the column by those who manage the board."""

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid
from helix.models.vocabulary import TaskStatus
from helix.policies import boards as policy
from helix.services import boards
from helix.web.blueprint import actor, is_htmx_request, redirect_to, signed_in_blueprint, toast_header
from helix.web.formats import status_label
from helix.web.forms import parse_choice

blueprint = signed_in_blueprint("limits")
BLUEPRINTS = (blueprint,)
MAX_LIMIT = 10_000


@blueprint.post("/boards/<int:board_id>/limits")
def set_one(board_id: int) -> ResponseReturnValue:
    """One column's; an empty limit takes it away."""
    boards.get(actor(), board_id, to=policy.may_manage)
    status = parse_choice(TaskStatus, "status", request.form.get("status", ""))
    text = request.form.get("limit", "").strip()
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
    if text and not 1 <= limit <= MAX_LIMIT:
        raise Invalid.field("limit", "Give a whole number from 1 to 10,000, or nothing for no limit.")
    boards.edit(actor(), board_id, {"wip_limits": {status: limit or None}})
    words = f"{status_label(status)} holds at most {limit}." if limit else f"{status_label(status)} has no limit."
    return ("", 204, toast_header(words)) if is_htmx_request() else redirect_to(f"/boards/{board_id}")
