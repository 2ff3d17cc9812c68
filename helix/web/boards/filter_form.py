"""The form that narrows a board: fetched into its menu when that is opened, and a page without a script."""

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from helix.models.vocabulary import Priority
from helix.services import agents, boards, mentions, tasks
from helix.services.tasks.columns import COLUMNS
from helix.text.tags import tidy
from helix.web.blueprint import actor, is_htmx_request, render_page, render_partial, signed_in_blueprint
from helix.web.boards.filters import DUE, LABELS, ME, NOBODY, VIEW_NAMES, BoardFilter
from helix.web.formats import status_label
from helix.web.forms import search_text

blueprint = signed_in_blueprint("board_filter")
BLUEPRINTS = (blueprint,)
# People and agents to choose from.
MOST_NAMES = 500
# Tags among which the box of a new task looks.
MOST_TAGS = 500


@blueprint.get("/boards/<int:board_id>/filter")
def form(board_id: int) -> ResponseReturnValue:
    board = boards.get(actor(), board_id)
    board_filter = BoardFilter.from_args(request.args)
    kept = board_filter.query(*(name for name in board_filter.query() if name not in ("q", *VIEW_NAMES)))
    context: dict[str, Any] = {
        "address": f"/boards/{board_id}",
        "narrowed": board_filter,
        "fields": [
            {
                "name": name,
                "label": LABELS[name],
                "options": options,
                "chosen": getattr(board_filter, name),
                "is_excluded": name in board_filter.without,
            }
            for name, options in _options(board_id, board_filter).items()
        ],
        "kept": kept,
    }
    if is_htmx_request():
        return render_partial("boards/_filter_fields.html", **context)
    return render_page("boards/filter.html", here=f"board-{board_id}", board=board, **context)


@blueprint.get("/boards/<int:board_id>/tags")
def tags(board_id: int) -> ResponseReturnValue:
    """`?q=se`: the tags of the board that begin so, for the box of a new task."""
    boards.get(actor(), board_id)
    begin = tidy(search_text(request.args, "q", 50))
    return jsonify(
        [tag for tag in tasks.tags_of_board(actor(), board_id, limit=MOST_TAGS) if tag.startswith(begin)][:10]
    )


def _options(board_id: int, board_filter: BoardFilter) -> dict[str, list[tuple[str, str]]]:
    """The values of each field with their labels."""
    people = [(str(who), name) for who, name in people_names().items()]
    tags = dict.fromkeys([*board_filter.tag, *tasks.tags_of_board(actor(), board_id)])
    return {
        "agent": [(NOBODY, "Nobody"), *((str(agent.id), agent.name) for agent in agents.summaries())],
        "assignee": [(NOBODY, "Nobody"), (ME, "Me"), *people],
        "status": [(str(status), status_label(status)) for status in COLUMNS],
        "priority": [(str(word), str(word).capitalize()) for word in reversed(Priority)],
        "tag": [(tag, tag) for tag in tags],
        "due": list(DUE.items()),
        "creator": [(ME, "Me"), *people],
    }


def people_names() -> dict[int, str]:
    """The active people by id: as for mentions, everybody may know who is there."""
    found = mentions.search("", limit=MOST_NAMES)
    return {one["id"]: one["name"] for one in found if one["type"] == "user"}
