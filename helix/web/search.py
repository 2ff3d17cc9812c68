"""The command palette, the search page, suggestions for mentions, and the count of unread notifications."""

from typing import Any

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from helix.folding import fold
from helix.services import agents, attention, search, tasks
from helix.services import mentions as people
from helix.services.names import key_of
from helix.web.blueprint import actor, layout_context, render_fragment, render_page, signed_in_blueprint
from helix.web.forms import search_text

blueprint = signed_in_blueprint("search")
BLUEPRINTS = (blueprint,)
MAX_RESULTS = 50


@blueprint.get("/palette")
def palette() -> ResponseReturnValue:
    """Boards, agents and tasks as JSON for static/js/palette.js."""
    typed = _typed()
    found = tasks.serialize_by_ids(actor(), search.tasks(actor(), typed, limit=12))
    return jsonify(_places(typed)[:8] + [_entry(task) for task in found])


@blueprint.get("/search")
def find() -> ResponseReturnValue:
    typed = _typed()
    found = search.tasks(actor(), typed, limit=MAX_RESULTS) if typed else []
    return render_page(
        "search.html",
        typed=typed,
        places=_places(typed),
        most=MAX_RESULTS,
        tasks=tasks.serialize_by_ids(actor(), found),
    )


@blueprint.get("/mentions")
def mentions() -> ResponseReturnValue:
    """People and agents for an @ mention, as JSON."""
    return jsonify(people.search(_typed()))


@blueprint.get("/notifications/count")
def bell() -> ResponseReturnValue:
    return render_fragment("base.html", "bell", nav={"unread_count": attention.unread_elsewhere(actor())})


def _typed() -> str:
    return search_text(request.args, "q")


def _places(typed: str) -> list[dict[str, Any]]:
    sought = fold(key_of(typed))
    if not sought:
        return []
    boards = [
        {"label": board.name, "hint": f"Board · {board.department.name}", "url": f"/boards/{board.id}"}
        for board in layout_context().boards
        if sought in fold(key_of(board.name))
    ]
    team = [
        {"label": agent.name, "hint": agent.role_title or "Agent", "url": f"/agents/{agent.id}"}
        for agent in agents.agents(texts=False)
        if sought in fold(key_of(f"{agent.name} {agent.role_title}"))
    ]
    return boards + team


def _entry(task: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": task["title"],
        "hint": f"Task {task['id']}",
        "url": f"/boards/{task['board_id']}?task={task['id']}",
        "task": task["id"],
    }
